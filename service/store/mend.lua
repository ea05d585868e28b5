-- Makes the consumer group of an endpoint's stream again, where a Redis that lost data no longer has it.
-- KEYS  1 endpoints  2 deliveries:{id} (stream)
-- ARGV  1 endpoint id
-- Reply 1 there is a group (again) | 0 there is no such endpoint
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.pcall('XGROUP', 'CREATE', KEYS[2], 'relay', '0', 'MKSTREAM')
return 1
