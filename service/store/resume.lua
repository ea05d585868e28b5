-- Closes an endpoint's breaker, or gives its probe back unused.
-- KEYS  1 paused  2 endpoint:{id}:health
-- ARGV  1 endpoint  2 channel `ready`  3 '1': nothing was there to probe with
-- Reply 1
if ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], 'XX', 0, ARGV[1])
  return 1
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], 'pauses')
redis.call('PUBLISH', ARGV[2], ARGV[1])
return 1
