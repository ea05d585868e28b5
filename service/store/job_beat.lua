-- Notes that a worker lives, and forgets those that have been silent for a minute.
-- KEYS  1 jobs:workers
-- ARGV  1 worker
-- Reply 1
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60000)
return 1
