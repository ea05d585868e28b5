-- Notes that a call which may write observations begins, or that it has certainly written none.
-- KEYS  1 job:{id}  2 observations:{unit}
-- ARGV  1 dispatch number  2 begin | free  3... ids of drafts
-- Reply 1 | 0 the job is another's (nothing is written)
local known = redis.call('HMGET', KEYS[1], 'state', 'dispatch')
if known[1] ~= 'running' or known[2] ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 3, #ARGV do
  if ARGV[2] == 'free' then
    redis.call('HDEL', KEYS[2], ARGV[i] .. ':begun')
  elseif redis.call('HEXISTS', KEYS[2], ARGV[i]) == 1 then
    redis.call('HSET', KEYS[2], ARGV[i] .. ':begun', now)
  end
end
return 1
