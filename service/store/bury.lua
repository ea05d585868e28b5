-- Forgets a dead relay, or one that leaves, once it holds nothing any more.
-- KEYS  1 relays, then the streams of all endpoints
-- ARGV  1 relay  2 age (ms) at which a heartbeat means death; 0: it leaves by itself
-- Reply 1 forgotten | 0 it lives, or still holds deliveries
local time = redis.call('TIME')
local beat = redis.call('ZSCORE', KEYS[1], ARGV[1])
if beat and time[1] * 1000 + math.floor(time[2] / 1000) - beat < tonumber(ARGV[2]) then return 0 end
for i = 2, #KEYS do
  local held = redis.pcall('XPENDING', KEYS[i], 'relay', '-', '+', 1, ARGV[1])
  if not held.err and #held > 0 then return 0 end
end
for i = 2, #KEYS do redis.pcall('XGROUP', 'DELCONSUMER', KEYS[i], 'relay', ARGV[1]) end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
