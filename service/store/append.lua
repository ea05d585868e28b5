-- Appends one event to the log, once.
-- KEYS  1 events (stream)  2 event:{id}  3 stats  [4 conversation:{id}  5 conversation:{id}:events]
-- ARGV  1 schema  2 event id  3 kind  4 timestamp  5 source  6 account  7 conversation  8 resource  9 version
--       10 status  11 data  12 retention (ms)  13 retention of an open conversation (ms)  14 '1': older than the log
-- Reply {1 stored | 0 duplicate | -1 too old to prove that it is new, entry id, sequence}
local schema, id, resource, version, status = ARGV[1], ARGV[2], ARGV[8], ARGV[9], ARGV[10]
local conversation, index = KEYS[4], KEYS[5]

local held = redis.call('GET', KEYS[2]) or (index and redis.call('HGET', index, id))
if held then
  redis.call('HINCRBY', KEYS[3], 'duplicates', 1)
  return {0, held, ''}
end
if ARGV[14] == '1' and not (conversation and redis.call('EXISTS', conversation) == 1) then
  return {-1, '', ''}
end

local sequence, previous, late, now_status = '', '', '', nil
if conversation then
  local known = redis.call('HMGET', conversation, 'status', 'updated_at', 'at:' .. resource)
  previous, now_status = known[1] or '', known[1]
  if resource == ARGV[7] then
    local at = known[2]
    local older = at and version ~= '' and version < at
    if (known[1] == 'CLOSED' and status ~= 'CLOSED' and status ~= '') or (older and status ~= 'CLOSED') then
      late = '1'
    else
      if status ~= '' then now_status = status end
      local newest = version
      if version == '' or older then newest = at end
      if now_status and newest then
        redis.call('HSET', conversation, 'status', now_status, 'updated_at', newest)
      elseif newest then
        redis.call('HSET', conversation, 'updated_at', newest)
      elseif now_status then
        redis.call('HSET', conversation, 'status', now_status)
      end
    end
  elseif version ~= '' and resource ~= '' then
    if known[3] and version < known[3] then
      late = '1'
    else
      redis.call('HSET', conversation, 'at:' .. resource, version)
    end
  end
  sequence = redis.call('HINCRBY', conversation, 'sequence', 1)
end

local entry = redis.call('XADD', KEYS[1], '*', 'v', schema, 'id', id, 'kind', ARGV[3], 'ts', ARGV[4], 'src', ARGV[5],
  'acc', ARGV[6], 'conv', ARGV[7], 'st', status, 'prev', previous, 'seq', sequence, 'late', late, 'data', ARGV[11])
redis.call('SET', KEYS[2], entry, 'PX', ARGV[12])
if conversation then
  local life = now_status == 'CLOSED' and ARGV[12] or ARGV[13]
  redis.call('HSET', index, id, entry)
  redis.call('PEXPIRE', conversation, life)
  redis.call('PEXPIRE', index, life)
end
redis.call('HINCRBY', KEYS[3], 'received', 1)
return {1, entry, sequence}
