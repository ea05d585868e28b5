-- Claims due jobs, as many as there are free workers, for being put into RQ.
-- KEYS  1 jobs:due  2 jobs:leases  3 jobs:workers  4 jobs:stopped
-- ARGV  1 prefix of job:{id}  2 prefix of jobs:parked:{kind}  3 lease (ms)
--       4 silence after which a worker counts as gone (ms)  5 pause of a stopped kind between probes (ms)
--       6 prefix of closing:{conversation}  7 life of a close job's turn (ms)
-- Reply {ms until the next job is due (-1: none waits), claims}; a claim is
--       {job id, dispatch number, kind, conversation, rule, reason, endpoint, arguments}
local due, leases, workers, stopped_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free = redis.call('ZCOUNT', workers, now - ARGV[4], '+inf') - redis.call('ZCARD', leases)
local claims = {}

-- Two jobs that close one conversation would both find it open, and both close it.
local function has_turn(id)
  local known = redis.call('HMGET', ARGV[1] .. id, 'kind', 'conversation')
  if known[1] ~= 'close' then return true end
  local turn = ARGV[6] .. known[2]
  return redis.call('SET', turn, id, 'NX', 'PX', ARGV[7]) or redis.call('GET', turn) == id
end

local function claim(id)
  local job = ARGV[1] .. id
  local known = redis.call('HMGET', job, 'kind', 'conversation', 'rule', 'reason', 'endpoint', 'arguments')
  local dispatch = redis.call('HINCRBY', job, 'dispatch', 1)
  redis.call('HSET', job, 'state', 'queued')
  redis.call('ZADD', leases, now + ARGV[3], id)
  local claimed = {id, dispatch}
  for i = 1, 6 do claimed[i + 2] = known[i] or '' end
  claims[#claims + 1] = claimed
  free = free - 1
end

-- A stopped kind lets one job through per pause. Without a parked one, the next that comes is the probe.
local stopped = {}
local kinds = redis.call('HGETALL', stopped_key)
for i = 1, #kinds, 2 do
  local kind = kinds[i]
  stopped[kind] = true
  if tonumber(kinds[i + 1]) <= now and free > 0 then
    local probe = redis.call('ZPOPMIN', ARGV[2] .. kind)[1]
    if probe then
      redis.call('HSET', stopped_key, kind, now + ARGV[5])
      has_turn(probe)
      claim(probe)
    else
      redis.call('HDEL', stopped_key, kind)
      stopped[kind] = nil
    end
  end
end

while free > 0 do
  local id = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, 1)[1]
  if not id then break end
  redis.call('ZREM', due, id)
  local kind = redis.call('HGET', ARGV[1] .. id, 'kind')
  if kind and stopped[kind] then
    redis.call('ZADD', ARGV[2] .. kind, now, id)
  elseif kind and not has_turn(id) then
    redis.call('ZADD', due, now + 250, id)
  elseif kind then
    claim(id)
  end
end

local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
return {first[2] and math.max(0, tonumber(first[2]) - now) or -1, claims}
