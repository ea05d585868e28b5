-- Records a delivery that arrived: acknowledges it first, and writes only where it was still the relay's.
-- KEYS  1 deliveries:{endpoint} (stream)  2 event:{id}:deliveries  3 endpoint:{id}:stats  4 endpoint:{id}:health
--       where something more may follow also  5 dead:{endpoint}  6 dead:{endpoint}:at  7 ordered:{endpoint}
--       8 turns:{endpoint}
-- ARGV  1 relay  2 id in the stream  3 endpoint  4 attempt  5 record of the attempt  6 life of the event's deliveries (ms)
--       7 life that routing gave (ms)  8 now (ms) where the last success is to be noted | ''
--       with the further keys also  9 event id  10 turn | ''  11 channel `ready`
-- Reply {1 recorded | 0 no longer the relay's: taken over, or the endpoint is gone, last warning given}
local held = redis.pcall('XPENDING', KEYS[1], 'relay', ARGV[2], ARGV[2], 1, ARGV[1])
if held.err or #held == 0 then return {0, 0} end
redis.call('XACK', KEYS[1], 'relay', ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], 'delivered', ARGV[3] .. ':' .. ARGV[4], ARGV[5])
-- A failure is remembered for longer than ARGV[7], what routing gave: a later success must not shorten that.
local left = redis.call('PTTL', KEYS[2])
if left <= tonumber(ARGV[7]) or left < tonumber(ARGV[6]) then redis.call('PEXPIRE', KEYS[2], ARGV[6]) end
redis.call('HINCRBY', KEYS[3], 'delivered', 1)
if ARGV[8] ~= '' then redis.call('HSET', KEYS[4], 'last_success', ARGV[8]) end
local warned = 0
if redis.call('HDEL', KEYS[4], 'failures', 'first_failure') > 0 then
  -- The warning itself is cleared by whoever has told that the endpoint has recovered.
  warned = tonumber(redis.call('HGET', KEYS[4], 'warned') or 0)
end
if KEYS[5] then
  redis.call('HDEL', KEYS[5], ARGV[9])
  redis.call('ZREM', KEYS[6], ARGV[9])
end
if KEYS[5] and ARGV[10] ~= '' then
  next_turn(ARGV[3], KEYS[1], KEYS[7], KEYS[8], ARGV[10], ARGV[11])
end
return {1, warned}
