-- KEYS: the lease, a hash that stays so that its fence only grows. ARGV: holder, milliseconds, longest milliseconds.
-- The server's clock decides, so holders on several machines need not agree on the time.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until', 'fence')
if lease[1] == ARGV[1] then return tonumber(lease[3]) end
local ends = tonumber(lease[2] or 0)
if ends > now and ends <= now + tonumber(ARGV[3]) then return false end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])))
return redis.call('HINCRBY', KEYS[1], 'fence', 1)
