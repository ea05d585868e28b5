-- Says that a relay lives, and asks which others do not.
-- KEYS  1 relays
-- ARGV  1 relay  2 age (ms) at which a heartbeat means death
-- Reply {age (ms) of our own last heartbeat, -1: none; the dead relays}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
return {before and now - before or -1, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])}
