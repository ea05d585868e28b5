-- Makes a job out of an intent, once, or lets it join the one that is under way for the same.
-- KEYS  1 intents (stream)  2 job:{id}  3 jobs:due  4 the live job that it would join
--       5 conversation:{id}:jobs  6 event:{id}:jobs
-- ARGV  1 prefix of job:{id}  2 job id  3 kind  4 conversation | ''  5 endpoint | ''  6 event  7 rule  8 reason
--       9 decision time (fixed width)  10 arguments (JSON) | ''  11 retention (s)  12 consumer group
--       13 entry id of the intent; '' where there is none yet: then one is written, so that a dispatcher wakes
--       14 delay (s), from when the intent was written
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
local due_at = (tonumber(entry:match('^%d+')) or now) + ARGV[14] * 1000
local function note(state)
  if ARGV[4] ~= '' then
    redis.call('ZADD', KEYS[5], now, id)
    redis.call('ZREMRANGEBYRANK', KEYS[5], 0, -21)
    redis.call('EXPIRE', KEYS[5], 90 * 86400)
  end
  if ARGV[6] ~= '' then
    redis.call('SADD', KEYS[6], id)
    redis.call('EXPIRE', KEYS[6], 90 * 86400)
  end
  redis.call('HSET', job, 'version', 1, 'kind', ARGV[3], 'conversation', ARGV[4], 'endpoint', ARGV[5], 'event', ARGV[6],
    'rule', ARGV[7], 'reason', ARGV[8], 'decided_at', ARGV[9], 'arguments', ARGV[10], 'created_at', now,
    'state', state, 'dispatch', 0, 'live', live)
end

local other = redis.call('GET', live)
local decided = other and redis.call('HGET', ARGV[1] .. other, 'decided_at')
if decided then
  -- The conversation went quiet again after this: judge by the newest decision, or the job would cancel itself.
  if ARGV[9] > decided then
    redis.call('HSET', ARGV[1] .. other, 'decided_at', ARGV[9])
    if ARGV[4] ~= '' then
      -- The same rule again: it waits anew, and looks at what the newer event names.
      redis.call('HSET', ARGV[1] .. other, 'arguments', ARGV[10], 'not_before', due_at)
      redis.call('ZADD', due, 'XX', 'GT', due_at, other)
    end
  end
  redis.call('HINCRBY', ARGV[1] .. other, 'joins', 1)
  if entry ~= '' then
    note('joined')
    redis.call('HSET', job, 'joined_to', other, 'ended_at', now)
    redis.call('EXPIRE', job, ARGV[11])
  end
  return other
end

note('waiting')
redis.call('SET', live, id)
redis.call('ZADD', due, math.max(now, due_at), id)
if entry == '' then
  redis.call('XADD', intents, '*', 'v', 1, 'kind', ARGV[3], 'job', id, 'conversation', ARGV[4], 'endpoint', ARGV[5],
    'event', ARGV[6], 'rule', ARGV[7], 'reason', ARGV[8], 'at', ARGV[9], 'arguments', ARGV[10], 'delay', ARGV[14])
end
return id
