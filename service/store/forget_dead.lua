-- Forgets deliveries that have been dead for long.
-- KEYS  1 dead:{endpoint}  2 dead:{endpoint}:at
-- ARGV  1 those that died before (ms)  2 at most so many
-- Reply how many
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, event in ipairs(old) do
  redis.call('HDEL', KEYS[1], event)
  redis.call('ZREM', KEYS[2], event)
end
return #old
