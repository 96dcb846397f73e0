-- KEYS: the lease. ARGV: longest milliseconds. The milliseconds it still runs; 0: it is free.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
if ends > now and ends <= now + tonumber(ARGV[1]) then return ends - now end
return 0
