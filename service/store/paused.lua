-- Tells which endpoints are paused, by Redis's own clock.
-- KEYS  1 paused
-- Reply for each: endpoint, ms until its next probe
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 2, #found, 2 do found[i] = math.max(0, tonumber(found[i]) - now) end
return found
