-- Takes over what a dead relay held of one endpoint.
-- KEYS  1 deliveries:{endpoint} (stream)
-- ARGV  1 dead relay  2 relay that takes over  3 at most so many
-- Reply for each: {id in the stream, fields, relays that have died on it}
local found = {}
local held = redis.pcall('XPENDING', KEYS[1], 'relay', '-', '+', ARGV[3], ARGV[1])
if held.err then return found end
for _, pending in ipairs(held) do
  local claimed = redis.call('XCLAIM', KEYS[1], 'relay', ARGV[2], 0, pending[1])
  -- Each owner but the first came by XCLAIM, which counts; so the count is the number of owners that died.
  if claimed[1] then found[#found + 1] = {claimed[1][1], claimed[1][2], pending[4]} end
end
return found
