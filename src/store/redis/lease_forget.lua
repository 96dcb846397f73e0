-- KEYS: the lease. ARGV: holder. For a name that will not be leased again: its fence is gone with it.
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
