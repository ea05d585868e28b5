-- Before settle, settle_failed and skip: gives a conversation's turn at an ordered endpoint to the next in line.
local function next_turn(endpoint, stream, ordered, turns, conversation, ready)
  local places = redis.call('ZRANGEBYLEX', ordered, '[' .. conversation .. '|', '(' .. conversation .. '}', 'LIMIT', 0, 1)
  if not places[1] then
    redis.call('SREM', turns, conversation)
    return
  end
  redis.call('ZREM', ordered, places[1])
  local entry, event, previous, attempt = places[1]:match('|([^|]*)|([^|]*)|([^|]*)|([^|]*)$')
  redis.call('XADD', stream, '*', 'e', entry, 'i', event, 'p', previous, 'n', attempt, 'f', attempt, 'c', conversation)
  redis.call('PUBLISH', ready, endpoint)
end
