-- Counts what stands in a stream behind an entry; a bounded number in one call, so that nobody in Redis waits for it.
-- KEYS  1 the stream
-- ARGV  1 entry id  2 at most so many
-- Reply {how many, id of the last one counted}
local found = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
return {#found, #found > 0 and found[#found][1] or ARGV[1]}
