-- Reads events of the log without their content, which stays in Redis.
-- KEYS  1 events
-- ARGV  1 XRANGE | XREVRANGE, then for each range: from, to, at most so many
-- Reply a list of {entry id, id, kind, timestamp, source, account, conversation, status, previous status, sequence, late,
--   other source}
local names = {'id', 'kind', 'ts', 'src', 'acc', 'conv', 'st', 'prev', 'seq', 'late', 'other'}
local heads = {}
for i = 2, #ARGV, 3 do
  for _, entry in ipairs(redis.call(ARGV[1], KEYS[1], ARGV[i], ARGV[i + 1], 'COUNT', ARGV[i + 2])) do
    local known, head = {}, {entry[1]}
    for j = 1, #entry[2], 2 do known[entry[2][j]] = entry[2][j + 1] end
    for j, name in ipairs(names) do head[j + 1] = known[name] or '' end
    heads[#heads + 1] = head
  end
end
return heads
