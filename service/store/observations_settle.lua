-- Notes what came of observations for good. Not fenced: that one was written stays true whoever has the job now.
-- KEYS  1 observations:{unit}  2 stats  then for each draft: observed:{draft}
-- ARGV  1 life (ms)  2 sent | failed  then for each draft: its id
-- Reply the number of drafts that were still open
local count = 0
for i = 3, #ARGV do
  count = count + redis.call('HDEL', KEYS[1], ARGV[i])
  redis.call('HDEL', KEYS[1], ARGV[i] .. ':begun')
  redis.call('SET', KEYS[i], ARGV[2], 'PX', ARGV[1])
end
if count > 0 then redis.call('HINCRBY', KEYS[2], 'observations:' .. ARGV[2], count) end
return count
