-- Notes that Twilio wants no calls to an API for a while; whoever takes from its bucket is then held.
-- KEYS  1 api:{account}:{api}:bucket
-- ARGV  1 ms that Twilio asked for, -1 if it did not say  2 first pause (ms)  3 longest pause (ms)  4 longest hold (ms)
--       5 shortest quiet (ms), and  6 calls let through, after which the pauses begin anew
-- Reply ms for which the API is held
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'held', 'pause', 'calls')
local held, pause = tonumber(known[1]) or 0, tonumber(known[2]) or 0
local asked = tonumber(ARGV[1])
if asked < 0 then
  -- Answers to calls that were under way when the hold began tell nothing new.
  if now < held then return held - now end
  local proved_long_enough = pause == 0 or now - held > math.max(tonumber(ARGV[5]), 2 * pause)
    or (tonumber(known[3]) or 0) >= tonumber(ARGV[6])
  pause = proved_long_enough and tonumber(ARGV[2]) or math.min(pause * 2, tonumber(ARGV[3]))
  asked = pause
end
local till = math.max(held, now + math.min(asked, tonumber(ARGV[4])))
-- Nothing is saved up meanwhile: after the hold the calls come one by one.
redis.call('HSET', KEYS[1], 'held', till, 'pause', pause, 'calls', 0, 'tokens', 0, 'at', till)
redis.call('PEXPIRE', KEYS[1], till - now + 600000)
return till - now
