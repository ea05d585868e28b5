-- Opens an endpoint's breaker, or opens it again for longer when its probe has failed.
-- KEYS  1 paused  2 endpoint:{id}:health  3 endpoints
-- ARGV  1 endpoint  2 first pause (ms)  3 longest pause (ms)  4 '1': its probe has failed
-- Reply ms until the next probe, 0 where the endpoint is gone: nothing of it is written again
if redis.call('HEXISTS', KEYS[3], ARGV[1]) == 0 then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
-- Another relay has opened it: one and the same breakdown.
if known and ARGV[4] ~= '1' then return math.max(0, known - now) end
local pauses = redis.call('HINCRBY', KEYS[2], 'pauses', 1)
local length = math.min(ARGV[2] * 2 ^ math.min(pauses - 1, 30), tonumber(ARGV[3]))
redis.call('ZADD', KEYS[1], now + length, ARGV[1])
return length
