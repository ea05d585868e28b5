-- Puts an event into an endpoint's stream again. Its attempts are counted on, its schedule begins anew.
-- KEYS  1 deliveries:{endpoint} (stream)  2 event:{id}:deliveries  3 skipped:{endpoint}  4 ordered:{endpoint}
--       5 turns:{endpoint}  6 endpoints  7 dead:{endpoint}
-- ARGV  1 endpoint  2 entry id  3 event id  4 previous | ''  5 conversation, where the endpoint is ordered | ''
--       6 sequence  7 channel `ready`  8 least life of the event's deliveries (ms)
-- Reply 1 it waits now | 0 it waits already, or the endpoint is gone
if redis.call('HEXISTS', KEYS[6], ARGV[1]) == 0 then return 0 end
local state = redis.call('HGET', KEYS[2], ARGV[1])
if state == 'waiting' or state == 'retrying' then return 0 end
local attempt = 1
while redis.call('HEXISTS', KEYS[2], ARGV[1] .. ':' .. attempt) == 1 do attempt = attempt + 1 end
local dead = attempt == 1 and redis.call('HGET', KEYS[7], ARGV[3])
-- Its attempts may be forgotten sooner than it is. As a first attempt it would be taken for one that never died.
if dead then attempt = (cjson.decode(dead).attempts or 0) + 1 end
redis.call('HSET', KEYS[2], ARGV[1], 'waiting')
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[8]) then redis.call('PEXPIRE', KEYS[2], ARGV[8]) end
local stored = ARGV[2]:match('^%d+')
for _, missed in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], stored, stored)) do
  if missed:sub(1, #ARGV[2] + 1) == ARGV[2] .. '|' then redis.call('ZREM', KEYS[3], missed) end
end
local fields = {'e', ARGV[2], 'i', ARGV[3], 'p', ARGV[4], 'n', attempt, 'f', attempt}
if ARGV[5] ~= '' then
  if redis.call('SADD', KEYS[5], ARGV[5]) == 0 then
    local place = string.format('%s|%012d|%s|%s|%s|%d', ARGV[5], ARGV[6], ARGV[2], ARGV[3], ARGV[4], attempt)
    redis.call('ZADD', KEYS[4], 0, place)
    return 1
  end
  fields[11], fields[12] = 'c', ARGV[5]
end
redis.call('XADD', KEYS[1], '*', unpack(fields))
redis.call('PUBLISH', ARGV[7], ARGV[1])
return 1
