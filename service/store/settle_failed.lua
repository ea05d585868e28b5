-- Records an attempt that failed: acknowledges it first, and writes only where it was still the relay's. What failed for
-- good gives its conversation's turn to the next.
-- KEYS  1 deliveries:{endpoint} (stream)  2 event:{id}:deliveries  3 endpoint:{id}:stats  4 endpoint:{id}:health
--       5 dead:{endpoint}  6 dead:{endpoint}:at  7 ordered:{endpoint}  8 turns:{endpoint}  9 retries  10 failed:{endpoint}
-- ARGV  1 relay  2 id in the stream  3 endpoint  4 attempt  5 record of the attempt  6 life of the event's deliveries (ms)
--       7 now (ms)  8 state: retrying | dead  9 event id  10 turn | ''  11 channel `ready`  12 due (ms)
--       13 member of retries  14 dead record  15 what the subscriber said | ''  16 '1': the endpoint is to blame
--       17 failed attempts that are remembered  18 beginning of the keys event:{id}:deliveries  19 life that one has
--       after being pushed out of them (ms)
-- Reply {1 recorded | 0 no longer the relay's, failures since the last success, first of them (ms), last success (ms, 0:
--       never), last warning given}
local held = redis.pcall('XPENDING', KEYS[1], 'relay', ARGV[2], ARGV[2], 1, ARGV[1])
if held.err or #held == 0 then return {0, 0, 0, 0, 0} end
redis.call('XACK', KEYS[1], 'relay', ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[8], ARGV[3] .. ':' .. ARGV[4], ARGV[5])
if ARGV[15] ~= '' then redis.call('HSET', KEYS[2], ARGV[3] .. ':answer', ARGV[15]) end
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('HINCRBY', KEYS[3], ARGV[8], 1)

-- An endpoint that fails for days must not fill the memory with its attempts.
redis.call('XADD', KEYS[10], '*', 'i', ARGV[9])
for _, old in ipairs(redis.call('XLEN', KEYS[10]) > tonumber(ARGV[17]) and redis.call('XRANGE', KEYS[10], '-', '+', 'COUNT', 1) or {}) do
  redis.call('XDEL', KEYS[10], old[1])
  local forgotten = ARGV[18] .. old[2][2] .. ':deliveries'
  if old[2][2] ~= ARGV[9] and redis.call('PTTL', forgotten) > tonumber(ARGV[19]) then
    redis.call('PEXPIRE', forgotten, ARGV[19])
  end
end

if ARGV[8] == 'retrying' then
  redis.call('ZADD', KEYS[9], ARGV[12], ARGV[13])
else
  redis.call('HSET', KEYS[5], ARGV[9], ARGV[14])
  redis.call('ZADD', KEYS[6], ARGV[7], ARGV[9])
  if ARGV[10] ~= '' then next_turn(ARGV[3], KEYS[1], KEYS[7], KEYS[8], ARGV[10], ARGV[11]) end
end

if ARGV[16] ~= '1' then return {1, 0, 0, 0, 0} end
local failures = redis.call('HINCRBY', KEYS[4], 'failures', 1)
redis.call('HSETNX', KEYS[4], 'first_failure', ARGV[7])
local known = redis.call('HMGET', KEYS[4], 'first_failure', 'last_success', 'warned')
return {1, failures, tonumber(known[1]), tonumber(known[2] or 0), tonumber(known[3] or 0)}
