-- Makes a job out of an intent, once, or lets it join the one that its conversation, or endpoint, already has under way.
-- KEYS  1 intents (stream)  2 job:{id}  3 jobs:due  4 the live job of its conversation or endpoint
-- ARGV  1 prefix of job:{id}  2 job id  3 kind  4 conversation | ''  5 endpoint | ''  6 event  7 rule  8 reason
--       9 decision time (fixed width)  10 arguments (JSON) | ''  11 retention (s)  12 consumer group
--       13 entry id of the intent; '' where there is none yet: then one is written, so that a dispatcher wakes
-- Reply the id of the job that does the work; '' when the intent was no longer waiting (nothing is written)
local intents, job, due, live, id, entry = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[2], ARGV[13]

-- The fence: whoever takes the intent away is the only one who may write.
if entry ~= '' then
  if redis.call('XACK', intents, ARGV[12], entry) == 0 then return '' end
  redis.call('XDEL', intents, entry)
end
if redis.call('EXISTS', job) == 1 then return redis.call('HGET', job, 'joined_to') or id end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function note(state)
  redis.call('HSET', job, 'version', 1, 'kind', ARGV[3], 'conversation', ARGV[4], 'endpoint', ARGV[5], 'event', ARGV[6],
    'rule', ARGV[7], 'reason', ARGV[8], 'decided_at', ARGV[9], 'arguments', ARGV[10], 'created_at', now,
    'state', state, 'dispatch', 0)
end

local other = redis.call('GET', live)
local decided = other and redis.call('HGET', ARGV[1] .. other, 'decided_at')
if decided then
  -- The conversation went quiet again after this: judge by the newest decision, or the job would cancel itself.
  if ARGV[9] > decided then redis.call('HSET', ARGV[1] .. other, 'decided_at', ARGV[9]) end
  if entry ~= '' then
    note('joined')
    redis.call('HSET', job, 'joined_to', other, 'ended_at', now)
    redis.call('EXPIRE', job, ARGV[11])
  end
  return other
end

note('waiting')
redis.call('SET', live, id)
redis.call('ZADD', due, now, id)
if entry == '' then
  redis.call('XADD', intents, '*', 'v', 1, 'kind', ARGV[3], 'job', id, 'conversation', ARGV[4], 'endpoint', ARGV[5],
    'event', ARGV[6], 'rule', ARGV[7], 'reason', ARGV[8], 'at', ARGV[9], 'arguments', ARGV[10])
end
return id
