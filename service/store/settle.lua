-- Records deliveries that arrived at one endpoint: acknowledges them first, and writes only what was still the relay's.
-- KEYS  1 deliveries:{endpoint} (stream)  2 endpoint:{id}:stats  3 endpoint:{id}:health  4 dead:{endpoint}
--       5 dead:{endpoint}:at  6 ordered:{endpoint}  7 turns:{endpoint}  8 and further: event:{id}:deliveries of each
-- ARGV  1 relay  2 endpoint  3 life of an event's deliveries that routing gave (ms)  4 channel `ready`
--       5 now (ms) where the last success is to be noted | ''  6 first id in the stream  7 last one
--       then for each: id in the stream, attempt, record of the attempt, life of the event's deliveries (ms),
--         turn | '', event id where it may be among the dead | ''
-- Reply {last warning given (0: none), for each: 1 recorded | 0 no longer the relay's: taken over, or endpoint gone}
local reply = {0}
local ours, acknowledged = {}, {}
local held = redis.pcall('XPENDING', KEYS[1], 'relay', ARGV[6], ARGV[7], 10000, ARGV[1])
for _, pending in ipairs(held.err and {} or held) do ours[pending[1]] = true end
for i = 8, #ARGV, 6 do
  if ours[ARGV[i]] then acknowledged[#acknowledged + 1] = ARGV[i] end
end
if #acknowledged > 0 then
  redis.call('XACK', KEYS[1], 'relay', unpack(acknowledged))
  redis.call('XDEL', KEYS[1], unpack(acknowledged))
  redis.call('HINCRBY', KEYS[2], 'delivered', #acknowledged)
  if ARGV[5] ~= '' then redis.call('HSET', KEYS[3], 'last_success', ARGV[5]) end
  local known = redis.call('HMGET', KEYS[3], 'failures', 'warned')
  if known[1] then redis.call('HDEL', KEYS[3], 'failures') end
  -- The warning, and since when, are cleared by whoever has told that the endpoint has recovered: until then each
  -- success speaks of it, lest it be told by nobody.
  if known[2] then reply[1] = tonumber(known[2]) elseif known[1] then redis.call('HDEL', KEYS[3], 'first_failure') end
end
local key = 7
for i = 8, #ARGV, 6 do
  key = key + 1
  if ours[ARGV[i]] then
    local deliveries = KEYS[key]
    redis.call('HSET', deliveries, ARGV[2], 'delivered', ARGV[2] .. ':' .. ARGV[i + 1], ARGV[i + 2])
    -- A failure is remembered for longer than what routing gave: a later success must not shorten that.
    local left = redis.call('PTTL', deliveries)
    if left <= tonumber(ARGV[3]) or left < tonumber(ARGV[i + 3]) then redis.call('PEXPIRE', deliveries, ARGV[i + 3]) end
    if ARGV[i + 5] ~= '' then
      redis.call('HDEL', KEYS[4], ARGV[i + 5])
      redis.call('ZREM', KEYS[5], ARGV[i + 5])
    end
    if ARGV[i + 4] ~= '' then next_turn(ARGV[2], KEYS[1], KEYS[6], KEYS[7], ARGV[i + 4], ARGV[4]) end
  end
  reply[#reply + 1] = ours[ARGV[i]] and 1 or 0
end
return reply
