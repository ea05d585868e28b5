-- Moves delayed deliveries that are due into their endpoints' streams; those of removed endpoints are dropped.
-- KEYS  1 retries  2 endpoints
-- ARGV  1 at most so many  2 beginning of the streams' keys  3 channel `ready`
-- Reply how many were due
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
local grown, names = {}, {}
for _, member in ipairs(due) do
  redis.call('ZREM', KEYS[1], member)
  local endpoint, entry, event, previous, attempt = member:match('^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)$')
  if redis.call('HEXISTS', KEYS[2], endpoint) == 1 then
    redis.call('XADD', ARGV[2] .. endpoint, '*', 'e', entry, 'i', event, 'p', previous, 'n', attempt)
    if not grown[endpoint] then
      grown[endpoint] = true
      names[#names + 1] = endpoint
    end
  end
end
if #names > 0 then redis.call('PUBLISH', ARGV[3], table.concat(names, ' ')) end
return #due
