-- Notes the conversations of some events of the log, so that they are reconciled, and how far the log was read.
-- KEYS  1 events (stream)  2 reconciliation (hash)  3 reconciliation:held (hash)
-- ARGV  1 events to read at most
-- Reply how many were read; 0 at the end of the log
local cursor = redis.call('HGET', KEYS[2], 'cursor')
local entries = redis.call('XRANGE', KEYS[1], cursor and '(' .. cursor or '-', '+', 'COUNT', ARGV[1])
for _, entry in ipairs(entries) do
  local conversation, ours = '', false
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'conv' then conversation = entry[2][i + 1] end
    -- What reconciliation found itself is no news to it.
    if entry[2][i] == 'src' then ours = entry[2][i + 1] == 'reconciliation' end
  end
  if conversation ~= '' and not ours then redis.call('HSETNX', KEYS[3], conversation, '') end
end
if #entries > 0 then redis.call('HSET', KEYS[2], 'cursor', entries[#entries][1]) end
return #entries
