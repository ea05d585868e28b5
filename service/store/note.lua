-- Makes a conversation known by a SID. The first that was known by it stays, unless it is closed.
-- KEYS  1 resource:{sid}
-- ARGV  1 conversation  2 beginning of the keys conversation:{id}  3 life (ms)
local known = redis.call('HGET', KEYS[1], 'conversation')
if not known or redis.call('HGET', ARGV[2] .. known, 'status') == 'CLOSED' then
  redis.call('HSET', KEYS[1], 'conversation', ARGV[1])
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
