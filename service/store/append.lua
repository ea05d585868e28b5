-- Appends one event to the log, once, and to the conversation that it names or that is known by its names.
-- KEYS  1 events (stream)  2 event:{id}  3 stats  [conversation:{id}  conversation:{id}:events]
--       [for each name: resource:{sid} or addresses:{digest}]  [resource:{sid} whose rank it is]
-- ARGV  1 schema  2 event id  3 kind  4 timestamp  5 source  6 account  7 conversation  8 resource  9 version
--       10 status  11 data  12 retention (ms)  13 retention of an open conversation (ms)  14 '1': older than the log
--       15 hour: an open conversation's life begins anew when it has changed, '' always
--       [16 a letter for each name: s (SID) | a (addresses)  17 beginning of the keys conversation:{id}
--        18 rank ('0' to '9', '' none)  19 words: captured | transcribed | '', of the call that the first name is]
-- Reply {1 stored | 0 duplicate | -1 too old to prove that it is new, entry id, sequence, conversation, '1': late}
-- The keys of a conversation that is found here, or that a name belonged to, are made here: nobody knows them sooner.
local schema, id, resource, version, status = ARGV[1], ARGV[2], ARGV[8], ARGV[9], ARGV[10]
local conversation_id, names, rank, words = ARGV[7], ARGV[16], ARGV[18] or '', ARGV[19] or ''
local conversation, index, first, by, other = nil, nil, 4, '', ''
if conversation_id ~= '' then conversation, index, first = KEYS[4], KEYS[5], 6 end

local held = redis.call('GET', KEYS[2])
if names and not (held or conversation) then
  for i = 1, #names do
    local found
    if names:sub(i, i) == 's' then
      found, by = redis.call('HGET', KEYS[i + 3], 'conversation'), 'sid'
    else
      found, by = redis.call('GET', KEYS[i + 3]), 'addresses'
      -- Two addresses talk again: a conversation that is closed or forgotten is not the one that they are in now.
      local state = found and redis.call('HMGET', ARGV[17] .. found, 'sequence', 'status')
      if state and (not state[1] or state[2] == 'CLOSED') then found = false end
    end
    if found then
      conversation_id, conversation = found, ARGV[17] .. found
      index = conversation .. ':events'
      break
    end
    by = ''
  end
end
held = held or (index and redis.call('HGET', index, id))
if held then
  redis.call('HINCRBY', KEYS[3], 'duplicates', 1)
  return {0, held, '', conversation_id, ''}
end
if ARGV[14] == '1' and not (conversation and redis.call('EXISTS', conversation) == 1) then
  return {-1, '', '', '', ''}
end

local sequence, previous, late, now_status, renew = '', '', '', nil, true
local known, fields, call
if conversation then
  known = redis.call('HMGET', conversation, 'sequence', 'status', 'updated_at', 'renewed', 'at:' .. resource,
    'stirred')
  previous, now_status = known[2] or '', known[2]
  sequence = string.format('%d', (known[1] or 0) + 1)
  fields = {'sequence', sequence}
end
if rank ~= '' then
  local highest = redis.call('HGET', KEYS[#KEYS], 'rank')
  -- 9 is final. So is 5, delivered, but for being read (6): what fails after it is recorded and not believed.
  if highest and highest ~= rank and (highest > rank or (rank == '9' and highest >= '5')) then
    late = '1'
  elseif highest ~= rank then
    redis.call('HSET', KEYS[#KEYS], 'rank', rank)
  end
  redis.call('PEXPIRE', KEYS[#KEYS], ARGV[12])
end
if words ~= '' then
  call = redis.call('HMGET', KEYS[first], 'conversation', 'captured', 'transcribed')
  if call[words == 'captured' and 3 or 2] then other = '1' end
  if not call[words == 'captured' and 2 or 3] then redis.call('HSET', KEYS[first], words, '1') end
  if not conversation then redis.call('PEXPIRE', KEYS[first], ARGV[12]) end
end

if conversation then
  if resource == conversation_id then
    local at = known[3]
    local older = at and version ~= '' and version < at
    if (known[2] == 'CLOSED' and status ~= 'CLOSED' and status ~= '') or (older and status ~= 'CLOSED') then
      late = '1'
    else
      if status ~= '' then
        -- Traffic ended the silence and the callback that says so was lost: this is a silence of its own.
        if known[6] == '1' and status == 'INACTIVE' and previous == 'INACTIVE' then previous = 'ACTIVE' end
        if known[6] == '1' then fields[#fields + 1], fields[#fields + 2] = 'stirred', '' end
        now_status = status
        fields[#fields + 1], fields[#fields + 2] = 'status', status
      end
      if version ~= '' and not older then fields[#fields + 1], fields[#fields + 2] = 'updated_at', version end
    end
  elseif rank == '' and version ~= '' and resource ~= '' then
    if known[5] and version < known[5] then
      late = '1'
    else
      fields[#fields + 1], fields[#fields + 2] = 'at:' .. resource, version
      if known[2] == 'INACTIVE' and ARGV[3] == 'COMMUNICATION_CREATED' and version > (known[3] or '') then
        fields[#fields + 1], fields[#fields + 2] = 'stirred', '1'
      end
    end
  end
  renew = now_status == 'CLOSED' or ARGV[15] == '' or known[4] ~= ARGV[15]
  if renew then fields[#fields + 1], fields[#fields + 2] = 'renewed', ARGV[15] end
  redis.call('HSET', conversation, unpack(fields))
end

for i = 1, conversation and names and #names or 0 do
  local name = KEYS[first + i - 1]
  if names:sub(i, i) == 's' then
    local before = i == 1 and call and call[1]
    if not before and redis.call('HSETNX', name, 'conversation', conversation_id) == 0 then
      before = redis.call('HGET', name, 'conversation')
    end
    -- A call goes on in a new conversation when its own is closed.
    if before and before ~= conversation_id and now_status ~= 'CLOSED'
      and redis.call('HGET', ARGV[17] .. before, 'status') == 'CLOSED' then
      redis.call('HSET', name, 'conversation', conversation_id)
    end
    redis.call('PEXPIRE', name, ARGV[12])
  elseif by == '' and now_status ~= 'CLOSED' and (renew or redis.call('GET', name) ~= conversation_id) then
    redis.call('SET', name, conversation_id, 'PX', ARGV[13])
  end
end

local entry
if by == '' and other == '' then
  entry = redis.call('XADD', KEYS[1], '*', 'v', schema, 'id', id, 'kind', ARGV[3], 'ts', ARGV[4], 'src', ARGV[5],
    'acc', ARGV[6], 'conv', conversation_id, 'st', status, 'prev', previous, 'seq', sequence, 'late', late,
    'data', ARGV[11])
else
  -- Fields that few entries have: each one costs as much as a tenth of the script.
  entry = redis.call('XADD', KEYS[1], '*', 'v', schema, 'id', id, 'kind', ARGV[3], 'ts', ARGV[4], 'src', ARGV[5],
    'acc', ARGV[6], 'conv', conversation_id, 'st', status, 'prev', previous, 'seq', sequence, 'late', late,
    'by', by, 'other', other, 'data', ARGV[11])
end
redis.call('SET', KEYS[2], entry, 'PX', ARGV[12])
if conversation then
  redis.call('HSET', index, id, entry)
  if renew then
    local life = now_status == 'CLOSED' and ARGV[12] or ARGV[13]
    redis.call('PEXPIRE', conversation, life)
    redis.call('PEXPIRE', index, life)
  end
end
redis.call('HINCRBY', KEYS[3], 'received', 1)
return {1, entry, sequence, conversation_id, late}
