-- KEYS: the kind's hash. ARGV: id, expected version (0: absent), the new value `version:sealed`.
-- Finding the new value is success: the caller asks again when an answer was lost. It is written all the same, for a
-- confirmation speaks of what its connection wrote.
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held ~= ARGV[3] then
  local version = '0'
  if held then version = string.match(held, '^(%d+):') end
  if version ~= ARGV[2] then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
