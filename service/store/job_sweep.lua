-- Gives jobs whose lease ran out back to the due ones. A job in RQ's queue loses nothing by it; one that was running
-- has lost its worker, and after too many of these it is left for the caller to bury.
-- KEYS  1 jobs:due  2 jobs:leases
-- ARGV  1 prefix of job:{id}  2 deaths that make a job dead
-- Reply a list of {job id, dispatch number, 'waiting' | 'poisoned', deaths}; a poisoned one keeps its lease entry
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local swept = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
  local job = ARGV[1] .. id
  local known = redis.call('HMGET', job, 'state', 'dispatch', 'deaths')
  local deaths = tonumber(known[3]) or 0
  if known[1] == 'running' then deaths = redis.call('HINCRBY', job, 'deaths', 1) end
  if known[1] == 'running' and deaths >= tonumber(ARGV[2]) then
    swept[#swept + 1] = {id, known[2], 'poisoned', deaths}
  else
    redis.call('ZREM', KEYS[2], id)
    if known[1] == 'running' or known[1] == 'queued' then
      redis.call('HSET', job, 'state', 'waiting')
      redis.call('ZADD', KEYS[1], now, id)
      swept[#swept + 1] = {id, known[2], 'waiting', deaths}
    end
  end
end
return swept
