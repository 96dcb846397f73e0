-- KEYS: the record. ARGV: expected version (0: absent), the new value `version:sealed`, milliseconds to live.
local held = redis.call('GET', KEYS[1])
if held == ARGV[2] then return 1 end
local version = '0'
if held then version = string.match(held, '^(%d+):') end
if version ~= ARGV[1] then return 0 end
if tonumber(ARGV[3]) > 0 then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
return 1
