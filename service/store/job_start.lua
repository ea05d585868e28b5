-- Starts a dispatched job, unless a newer dispatch has taken its place.
-- KEYS  1 job:{id}  2 jobs:leases
-- ARGV  1 job id  2 dispatch number  3 worker  4 lease (ms)
-- Reply the fields of the job; {} when this dispatch is no longer the current one
local known = redis.call('HMGET', KEYS[1], 'state', 'dispatch', 'worker')
if known[2] ~= ARGV[2] then return {} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if known[1] == 'queued' then
  redis.call('HINCRBY', KEYS[1], 'attempts', 1)
  redis.call('HSET', KEYS[1], 'state', 'running', 'worker', ARGV[3], 'started_at', now)
elseif not (known[1] == 'running' and known[3] == ARGV[3]) then
  -- The same worker may ask twice, when the first reply was lost.
  return {}
end
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1])
return redis.call('HGETALL', KEYS[1])
