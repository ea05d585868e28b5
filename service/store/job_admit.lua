-- Makes a close job out of an intent, once, or lets it join the one that its conversation already has under way.
-- KEYS  1 intents (stream)  2 job:{id}  3 jobs:due  4 conversation:{id}:close
-- ARGV  1 prefix of job:{id}  2 job id  3 kind  4 conversation  5 event  6 rule  7 reason
--       8 decision time (fixed width)  9 retention (s)  10 consumer group  11 entry id of the intent;
--       '' where there is none yet: then one is written, so that a dispatcher wakes
-- Reply the id of the job that does the work; '' when the intent was no longer waiting (nothing is written)
local intents, job, due, live, id, entry = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[2], ARGV[11]

-- The fence: whoever takes the intent away is the only one who may write.
if entry ~= '' then
  if redis.call('XACK', intents, ARGV[10], entry) == 0 then return '' end
  redis.call('XDEL', intents, entry)
end
if redis.call('EXISTS', job) == 1 then return redis.call('HGET', job, 'joined_to') or id end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function note(state)
  redis.call('HSET', job, 'version', 1, 'kind', ARGV[3], 'conversation', ARGV[4], 'event', ARGV[5], 'rule', ARGV[6],
    'reason', ARGV[7], 'decided_at', ARGV[8], 'created_at', now, 'state', state, 'dispatch', 0)
end

local other = redis.call('GET', live)
local decided = other and redis.call('HGET', ARGV[1] .. other, 'decided_at')
if decided then
  -- The conversation went quiet again after this: judge by the newest decision, or the job would cancel itself.
  if ARGV[8] > decided then redis.call('HSET', ARGV[1] .. other, 'decided_at', ARGV[8]) end
  if entry ~= '' then
    note('joined')
    redis.call('HSET', job, 'joined_to', other, 'ended_at', now)
    redis.call('EXPIRE', job, ARGV[9])
  end
  return other
end

note('waiting')
redis.call('SET', live, id)
redis.call('ZADD', due, now, id)
if entry == '' then
  redis.call('XADD', intents, '*', 'v', 1, 'kind', ARGV[3], 'job', id, 'conversation', ARGV[4], 'event', ARGV[5],
    'rule', ARGV[6], 'reason', ARGV[7], 'at', ARGV[8])
end
return id
