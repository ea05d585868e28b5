-- Commits the routing of some events: moves the cursor first, and only then writes what they lead to.
-- KEYS  1 routing:lease  2 routing:cursor  3 endpoints:version  4 intents (stream)
-- ARGV  1 relay  2 lease (ms)  3 cursor that was planned from  4 new cursor  5 endpoints:version that was planned with
--       6 life of event:{id}:deliveries (ms)  7 channel `ready`
--       8 number of endpoints, then for each: id, key of its stream
--       then number of events, then for each: entry id, event id, key of its deliveries, key of its conversation or '',
--         sequence or '', number of deliveries, then for each: index of its endpoint
--       then number of intents, then for each: kind, job, conversation, event id, rule, time
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

local ids, streams, grown = {}, {}, {}
for i = 1, tonumber(take()) do
  ids[i], streams[i] = take(), take()
end
for _ = 1, tonumber(take()) do
  local entry, event, deliveries, conversation, sequence = take(), take(), take(), take(), take()
  local remembered = conversation ~= '' and redis.call('EXISTS', conversation) == 1
  local left = tonumber(take())
  local routed_somewhere = left > 0
  while left > 0 do
    -- In slices: Lua passes only some thousand values at once, and an error here would come after the cursor moved.
    local slice = math.min(left, 500)
    left = left - slice
    local states, fields, routed, chosen, before = {}, {}, {}, {}, {}
    for i = 1, slice do
      local k = tonumber(take())
      chosen[i], grown[k] = k, true
      fields[i] = 'routed:' .. ids[k]
      routed[2 * i - 1], routed[2 * i] = fields[i], sequence
      states[2 * i - 1], states[2 * i] = ids[k], 'waiting'
    end
    if remembered then
      before = redis.call('HMGET', conversation, unpack(fields))
      redis.call('HSET', conversation, unpack(routed))
    end
    for i, k in ipairs(chosen) do
      local previous = conversation ~= '' and (before[i] or '0') or ''
      redis.call('XADD', streams[k], '*', 'e', entry, 'i', event, 'p', previous, 'n', '1')
    end
    redis.call('HSET', deliveries, unpack(states))
  end
  if routed_somewhere then redis.call('PEXPIRE', deliveries, ARGV[6]) end
end
for _ = 1, tonumber(take()) do
  redis.call('XADD', KEYS[4], '*', 'v', '1', 'kind', take(), 'job', take(), 'conversation', take(), 'event', take(),
    'rule', take(), 'at', take())
end
local names = {}
for k in pairs(grown) do names[#names + 1] = ids[k] end
if #names > 0 then redis.call('PUBLISH', ARGV[7], table.concat(names, ' ')) end
return 'ok'
