-- Takes the place of one call to an API of Twilio from the bucket that all processes share.
-- KEYS  1 api:{account}:{api}:bucket
-- ARGV  1 calls a second  2 most calls that are saved up  3 longest wait (ms)  4 calls wanted: 1, or 0 to ask only
-- Reply ms after which the call may go; its place is taken unless that is more than the longest wait
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local rate, most, wanted = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2]), tonumber(ARGV[4])
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'held')
local held = math.max(0, (tonumber(known[3]) or 0) - now)
if wanted == 0 or held > tonumber(ARGV[3]) then return held end
-- Those who wait have taken their place already: the bucket may hold less than nothing.
local tokens = math.min(most, (tonumber(known[1]) or most) + math.max(0, now - (tonumber(known[2]) or now)) * rate)
local wait = math.max(held, math.ceil((wanted - tokens) / rate), 0)
if wait > tonumber(ARGV[3]) then return wait end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - wanted), 'at', now)
-- How many have gone since the last hold: they tell whether it was long enough.
if held == 0 then redis.call('HINCRBY', KEYS[1], 'calls', wanted) end
redis.call('PEXPIRE', KEYS[1], 600000)
return wait
