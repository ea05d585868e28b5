-- Removes an endpoint with all that waits for it.
-- KEYS  1 endpoints  2 endpoints:version  3 deliveries:{id}  4 dead:{id}  5 endpoint:{id}:stats
-- ARGV  1 endpoint id
-- Reply 1 removed | 0 there was none
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('INCR', KEYS[2])
redis.call('UNLINK', KEYS[3], KEYS[4], KEYS[5])
return 1
