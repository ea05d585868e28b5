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
  -- A relay of an earlier version writes no more than five parts.
  local whole = select(2, member:gsub('|', '')) < 6 and member .. '|1|' or member
  local endpoint, entry, event, previous, attempt, first, turn =
    whole:match('^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
  if redis.call('HEXISTS', KEYS[2], endpoint) == 1 then
    local fields = {'e', entry, 'i', event, 'p', previous, 'n', attempt, 'f', first}
    if turn ~= '' then
      fields[#fields + 1] = 'c'
      fields[#fields + 1] = turn
    end
    redis.call('XADD', ARGV[2] .. endpoint, '*', unpack(fields))
    if not grown[endpoint] then
      grown[endpoint] = true
      names[#names + 1] = endpoint
    end
  end
end
if #names > 0 then redis.call('PUBLISH', ARGV[3], table.concat(names, ' ')) end
return #due
