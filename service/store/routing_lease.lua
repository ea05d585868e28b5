-- Takes or renews the routing lease.
-- KEYS  1 routing:lease  2 routing:cursor
-- ARGV  1 relay  2 lease (ms)
-- Reply the cursor ('0-0' at the beginning) where the lease is ours now | nil where another relay holds it
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return nil end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('GET', KEYS[2]) or '0-0'
