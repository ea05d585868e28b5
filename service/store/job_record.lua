-- Records what came of an attempt, unless the job has been given to somebody else meanwhile.
-- KEYS  1 job:{id}  2 jobs:due  3 jobs:leases  4 jobs:dead  5 jobs:unannounced  6 jobs:stopped  7 jobs:parked:{kind}
--       8 the live job that it is  9 closing:{conversation}
-- ARGV  1 job id  2 dispatch number  3 kind  4 done | cancelled | dead | retry | continue | stop
--       5 detail or reason  6 delay of a retry or of going on, or pause of a stopped kind (ms)
--       7 decision time the attempt judged by  8 retention (s)  9 wishes that had joined when the attempt began
-- Reply the job's new state; 'stale' when this dispatch does not hold the job (nothing is written)
local job, due, leases, stopped, parked = KEYS[1], KEYS[2], KEYS[3], KEYS[6], KEYS[7]
local id, kind, verdict, detail = ARGV[1], ARGV[3], ARGV[4], ARGV[5]
local known = redis.call('HMGET', job, 'state', 'dispatch', 'decided_at', 'joins', 'not_before')
if known[1] ~= 'running' or known[2] ~= ARGV[2] then return 'stale' end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREM', leases, id)
if kind == 'close' and redis.call('GET', KEYS[9]) == id then redis.call('DEL', KEYS[9]) end

if verdict == 'retry' then
  redis.call('HSET', job, 'state', 'waiting', 'last_error', detail)
  redis.call('HINCRBY', job, 'failures', 1)
  redis.call('ZADD', due, now + ARGV[6], id)
  return 'waiting'
elseif verdict == 'continue' then
  redis.call('HSET', job, 'state', 'waiting')
  redis.call('ZADD', due, now + ARGV[6], id)
  return 'waiting'
elseif verdict == 'stop' then
  redis.call('HSET', job, 'state', 'waiting', 'last_error', detail)
  redis.call('ZADD', parked, now, id)
  if redis.call('HSET', stopped, kind, now + ARGV[6]) == 1 then redis.call('SADD', KEYS[5], id) end
  return 'waiting'
elseif verdict == 'cancelled' and known[3] ~= ARGV[7] then
  -- A newer decision joined while the attempt ran: what cancelled the older one may not stand against it.
  redis.call('HSET', job, 'state', 'waiting')
  redis.call('ZADD', due, math.max(now, tonumber(known[5]) or now), id)
  return 'waiting'
elseif verdict == 'done' and kind == 'observe' and (known[4] or '0') ~= ARGV[9] then
  -- More was gathered while the attempt ran, perhaps after its last look.
  redis.call('HSET', job, 'state', 'waiting')
  redis.call('ZADD', due, math.max(now, tonumber(known[5]) or now), id)
  return 'waiting'
end

redis.call('HSET', job, 'state', verdict, 'outcome', detail, 'ended_at', now)
redis.call('EXPIRE', job, ARGV[8])
if redis.call('GET', KEYS[8]) == id then redis.call('DEL', KEYS[8]) end
if verdict == 'dead' then
  redis.call('HSET', job, 'last_error', detail)
  redis.call('ZADD', KEYS[4], now, id)
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now - ARGV[8] * 1000)
  redis.call('SADD', KEYS[5], id)
end
-- An end of its own accord shows that Twilio lets us in again.
if redis.call('HDEL', stopped, kind) == 1 then
  redis.call('ZUNIONSTORE', due, 2, due, parked, 'AGGREGATE', 'MIN')
  redis.call('DEL', parked)
end
return verdict
