-- Takes deliveries of an endpoint with a rate limit: as many as its bucket has tokens for.
-- KEYS  1 deliveries:{endpoint} (stream)  2 endpoint:{id}:bucket
-- ARGV  1 relay  2 at most so many  3 tokens a second  4 most tokens that are saved up
-- Reply {what XREADGROUP replies, nil or 'gone' for a missing stream, ms until the next token (0: there are some left)}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local rate, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local known = redis.call('HMGET', KEYS[2], 'tokens', 'at')
local tokens = math.min(most, (tonumber(known[1]) or most) + math.max(0, now - (tonumber(known[2]) or now)) * rate / 1000)
local wanted = math.min(tonumber(ARGV[2]), math.floor(tokens))
local found = false
if wanted > 0 then
  found = redis.pcall('XREADGROUP', 'GROUP', 'relay', ARGV[1], 'COUNT', wanted, 'STREAMS', KEYS[1], '>')
  if found and found.err then return {'gone', 0} end
  if found then tokens = tokens - #found[1][2] end
end
redis.call('HSET', KEYS[2], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[2], math.max(60000, math.ceil(most / rate * 1000)))
return {found, tokens >= 1 and 0 or math.ceil((1 - tokens) / rate * 1000)}
