-- Before settle, settle_failed and skip: gives a conversation's turn at an ordered endpoint to the next in line.
local function next_turn(endpoint, stream, ordered, turns, conversation, ready)
  local passed, place, entry, event, previous, attempt = 0, nil, nil, nil, nil, nil
  repeat
    place = redis.call('ZRANGEBYLEX', ordered, '[' .. conversation .. '|0', '(' .. conversation .. '|:', 'LIMIT', passed, 1)[1]
    if not place then
      redis.call('SREM', turns, conversation)
      return
    end
    -- One of a conversation whose name begins with this one's and a | may stand here as well.
    entry, event, previous, attempt = place:match('^%d+|([^|]*)|([^|]*)|([^|]*)|([^|]*)$', #conversation + 2)
    passed = passed + 1
  until entry
  redis.call('ZREM', ordered, place)
  redis.call('XADD', stream, '*', 'e', entry, 'i', event, 'p', previous, 'n', attempt, 'f', attempt, 'c', conversation)
  redis.call('PUBLISH', ready, endpoint)
end
