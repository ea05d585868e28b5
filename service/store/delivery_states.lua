-- Reads what has become of some events at one endpoint.
-- KEYS  event:{id}:deliveries of each event
-- ARGV  1 endpoint
-- Reply for each event {state | '', attempts that were made, record of the last one | ''}
local states = {}
for i, key in ipairs(KEYS) do
  local made = 0
  while redis.call('HEXISTS', key, ARGV[1] .. ':' .. (made + 1)) == 1 do made = made + 1 end
  states[i] = {redis.call('HGET', key, ARGV[1]) or '', made, redis.call('HGET', key, ARGV[1] .. ':' .. made) or ''}
end
return states
