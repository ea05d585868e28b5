-- Renews the lease of a running job.
-- KEYS  1 job:{id}  2 jobs:leases
-- ARGV  1 job id  2 dispatch number  3 lease (ms)
-- Reply 1 renewed | 0 somebody else has the job, or it has ended
local known = redis.call('HMGET', KEYS[1], 'state', 'dispatch')
if known[1] ~= 'running' or known[2] ~= ARGV[2] then return 0 end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3], ARGV[1])
return 1
