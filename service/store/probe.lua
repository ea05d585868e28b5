-- Asks to be the one that sends a paused endpoint its probe.
-- KEYS  1 paused
-- ARGV  1 endpoint  2 ms for which nobody else may then
-- Reply 1 yes | 0 no: the pause is not over, or another relay probes, or it is not paused
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not known or tonumber(known) > now then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return 1
