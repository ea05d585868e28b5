-- Makes an endpoint and its stream; from the reply on, each newly answered event reaches it.
-- KEYS  1 endpoints  2 endpoints:version  3 deliveries:{id} (stream)
-- ARGV  1 endpoint id  2 its record (JSON)
-- Reply the new version
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('XGROUP', 'CREATE', KEYS[3], 'relay', '0', 'MKSTREAM')
end
return redis.call('INCR', KEYS[2])
