-- Says that a relay lives, and asks which others do not.
-- KEYS  1 relays
-- ARGV  1 relay  2 age (ms) at which a heartbeat means death
-- Reply the dead relays
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
