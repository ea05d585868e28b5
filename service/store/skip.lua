-- Takes what waits for a disabled endpoint out of its stream, and remembers it as skipped.
-- KEYS  1 deliveries:{endpoint} (stream)  2 skipped:{endpoint}  3 ordered:{endpoint}  4 turns:{endpoint}  5 endpoints
-- ARGV  1 relay  2 endpoint  3 at most so many  4 beginning of the keys event:{id}:deliveries  5 channel `ready`
--       6 life of an event's deliveries (ms) where it has none
-- Reply how many were skipped; 0 also where the endpoint has been enabled meanwhile
local record = redis.call('HGET', KEYS[5], ARGV[2])
if not record or not cjson.decode(record).disabled then return 0 end
local found = redis.pcall('XREADGROUP', 'GROUP', 'relay', ARGV[1], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], '>')
if not found or found.err then return 0 end
for _, waiting in ipairs(found[1][2]) do
  local fields = {}
  for i = 1, #waiting[2], 2 do fields[waiting[2][i]] = waiting[2][i + 1] end
  redis.call('XACK', KEYS[1], 'relay', waiting[1])
  redis.call('XDEL', KEYS[1], waiting[1])
  local deliveries = ARGV[4] .. fields.i .. ':deliveries'
  redis.call('HSET', deliveries, ARGV[2], 'skipped:disabled')
  -- It waited for longer than it was remembered: the week that routing gives begins anew.
  if redis.call('PTTL', deliveries) < 0 then redis.call('PEXPIRE', deliveries, ARGV[6]) end
  local missed = fields.e .. '|' .. fields.i .. '|' .. fields.p .. '|' .. (fields.c or '')
  redis.call('ZADD', KEYS[2], fields.e:match('^%d+'), missed)
  if fields.c then next_turn(ARGV[2], KEYS[1], KEYS[3], KEYS[4], fields.c, ARGV[5]) end
end
return #found[1][2]
