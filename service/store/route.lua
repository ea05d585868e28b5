-- Commits the routing of some events: moves the cursor first, and only then writes what they lead to.
-- KEYS  1 routing:lease  2 routing:cursor  3 endpoints:version  4 intents (stream)
-- ARGV  1 relay  2 lease (ms)  3 cursor that was planned from  4 new cursor  5 endpoints:version that was planned with
--       6 life of event:{id}:deliveries (ms)  7 channel `ready`
--       8 number of targets, then for each: endpoint, filter ('' for *), way (at_once | in_order | skip | other_source),
--         key of its stream, key of ordered:{endpoint}, key of turns:{endpoint}, key of skipped:{endpoint}
--       then number of events, then for each: entry id, event id, key of its deliveries, key of its conversation or '',
--         conversation, sequence or '', number of deliveries, then for each: index of its target
--       then number of intents, then for each: kind, job, conversation, event id, rule, time, delay (s), arguments (JSON)
--       then number of gatherings, then for each: key of what is gathered, key that says a job was asked for, entry
--         (JSON), then the members of an intent, for the first entry
-- Reply 'ok' | 'lost' (another relay routes) | 'moved' (the cursor stands elsewhere) | 'endpoints' (plan anew)
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
if (redis.call('GET', KEYS[2]) or '0-0') ~= ARGV[3] then return 'moved' end
if (redis.call('GET', KEYS[3]) or '0') ~= ARGV[5] then return 'endpoints' end
redis.call('SET', KEYS[2], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])

local at = 7
local function take()
  at = at + 1
  return ARGV[at]
end

local ids, filters, ways, streams, ordered, turns, skipped, grown = {}, {}, {}, {}, {}, {}, {}, {}
for i = 1, tonumber(take()) do
  ids[i], filters[i], ways[i], streams[i], ordered[i], turns[i], skipped[i] =
    take(), take(), take(), take(), take(), take(), take()
end

local entry, event, deliveries, conversation_key, conversation, sequence
local function hand_over(k, previous)
  if ways[k] == 'other_source' then return 'skipped:other_source' end
  if ways[k] == 'skip' then
    redis.call('ZADD', skipped[k], entry:match('^%d+'), entry .. '|' .. event .. '|' .. previous .. '|' .. conversation)
    return 'skipped:disabled'
  end
  if ways[k] == 'at_once' then
    redis.call('XADD', streams[k], '*', 'e', entry, 'i', event, 'p', previous, 'n', '1')
    grown[k] = true
  elseif redis.call('SADD', turns[k], conversation) == 1 then
    redis.call('XADD', streams[k], '*', 'e', entry, 'i', event, 'p', previous, 'n', '1', 'c', conversation)
    grown[k] = true
  else
    local place = string.format('%s|%012d|%s|%s|%s|1', conversation, sequence, entry, event, previous)
    redis.call('ZADD', ordered[k], 0, place)
  end
  return 'waiting'
end

for _ = 1, tonumber(take()) do
  entry, event, deliveries, conversation_key, conversation, sequence = take(), take(), take(), take(), take(), take()
  local remembered = conversation_key ~= '' and redis.call('EXISTS', conversation_key) == 1
  local left = tonumber(take())
  local routed_somewhere = left > 0
  while left > 0 do
    -- In slices: Lua passes only some thousand values at once, and an error here would come after the cursor moved.
    local slice = math.min(left, 500)
    left = left - slice
    local fields, routed, chosen, before, states = {}, {}, {}, {}, {}
    for i = 1, slice do
      local k = tonumber(take())
      chosen[i] = k
      fields[i] = 'routed:' .. ids[k]
      -- What an endpoint has from the other source, it does not miss: all targets of such an event are alike.
      if ways[k] ~= 'other_source' then routed[#routed + 1], routed[#routed + 2] = fields[i], sequence end
    end
    if remembered and #routed > 0 then
      before = redis.call('HMGET', conversation_key, unpack(fields))
      redis.call('HSET', conversation_key, unpack(routed))
    end
    for i, k in ipairs(chosen) do
      local previous = conversation_key ~= '' and (before[i] or '0') or ''
      states[#states + 1] = ids[k]
      states[#states + 1] = hand_over(k, previous)
      if filters[k] ~= '' then
        states[#states + 1] = ids[k] .. ':filter'
        states[#states + 1] = filters[k]
      end
    end
    redis.call('HSET', deliveries, unpack(states))
  end
  if routed_somewhere then redis.call('PEXPIRE', deliveries, ARGV[6]) end
end
local function intend(wanted)
  if wanted then
    redis.call('XADD', KEYS[4], '*', 'v', '1', 'kind', take(), 'job', take(), 'conversation', take(), 'event', take(),
      'rule', take(), 'at', take(), 'delay', take(), 'arguments', take())
  else
    at = at + 8
  end
end
for _ = 1, tonumber(take()) do intend(true) end
for _ = 1, tonumber(take()) do
  local gathered, asked = take(), take()
  local first = redis.call('RPUSH', gathered, take()) == 1
  redis.call('PEXPIRE', gathered, ARGV[6])
  -- Once a minute in any case: a job that died leaves its entries, and somebody has to come for them.
  if first then redis.call('DEL', asked) end
  intend(redis.call('SET', asked, 1, 'NX', 'PX', 60000))
end
local names, named = {}, {}
for k in pairs(grown) do
  if not named[ids[k]] then
    named[ids[k]] = true
    names[#names + 1] = ids[k]
  end
end
if #names > 0 then redis.call('PUBLISH', ARGV[7], table.concat(names, ' ')) end
return 'ok'
