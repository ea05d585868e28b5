-- Gives the routing lease back.
-- KEYS  1 routing:lease
-- ARGV  1 relay
-- Reply 1 given back | 0 it was not ours
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
