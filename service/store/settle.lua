-- Records the outcome of one attempt: acknowledges it first, and writes only where it was still the relay's.
-- KEYS  1 deliveries:{endpoint} (stream)  2 event:{id}:deliveries  3 endpoint:{id}:stats  4 retries  5 dead:{endpoint}
-- ARGV  1 relay  2 id in the stream  3 endpoint  4 attempt  5 record of the attempt  6 state
--       7 life of the event's deliveries (ms)  8 due (ms) | ''  9 member of retries | ''  10 event id  11 dead record | ''
--       12 life that routing gave (ms)
-- Reply 1 recorded | 0 no longer the relay's: taken over, or the endpoint is gone
local held = redis.pcall('XPENDING', KEYS[1], 'relay', ARGV[2], ARGV[2], 1, ARGV[1])
if held.err or #held == 0 then return 0 end
redis.call('XACK', KEYS[1], 'relay', ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[6], ARGV[3] .. ':' .. ARGV[4], ARGV[5])
-- A failure is remembered for longer than ARGV[12], what routing gave: a later success must not shorten that.
local left = redis.call('PTTL', KEYS[2])
if left <= tonumber(ARGV[12]) or left < tonumber(ARGV[7]) then redis.call('PEXPIRE', KEYS[2], ARGV[7]) end
redis.call('HINCRBY', KEYS[3], ARGV[6], 1)
if ARGV[9] ~= '' then redis.call('ZADD', KEYS[4], ARGV[8], ARGV[9]) end
if ARGV[11] ~= '' then redis.call('HSET', KEYS[5], ARGV[10], ARGV[11]) end
return 1
