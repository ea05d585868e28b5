-- Notes how far a running job has come, and renews its lease.
-- KEYS  1 job:{id}  2 jobs:leases
-- ARGV  1 job id  2 dispatch number  3 lease (ms)  4 cursor  5 done so far
-- Reply 1 noted | 0 somebody else has the job, or it has ended (nothing is written)
local known = redis.call('HMGET', KEYS[1], 'state', 'dispatch', 'cursor')
if known[1] ~= 'running' or known[2] ~= ARGV[2] then return 0 end
if (known[3] or '') ~= ARGV[4] then
  -- It has come further, so what went wrong before was not its fault.
  redis.call('HSET', KEYS[1], 'cursor', ARGV[4], 'done', ARGV[5], 'failures', 0, 'deaths', 0)
end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3], ARGV[1])
return 1
