-- Removes an endpoint with all that waits for it.
-- KEYS  1 endpoints  2 endpoints:version  3 paused  4 and all further: keys that are the endpoint's own
-- ARGV  1 endpoint id
-- Reply 1 removed | 0 there was none
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('INCR', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('UNLINK', unpack(KEYS, 4))
return 1
