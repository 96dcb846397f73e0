-- KEYS: the lease. ARGV: holder, milliseconds from now (0 ends it).
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('HSET', KEYS[1], 'holder', '', 'until', '0')
else
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])))
end
return 1
