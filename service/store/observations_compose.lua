-- Keeps composed observations in place of the gathered entries that they tell of, while the job is still the caller's.
-- KEYS  1 job:{id}  2 observations:{unit}  3 gathered:{conversation}:{author}  then for each draft: observed:{draft}
-- ARGV  1 dispatch number  2 life (ms)  3 field that says that all is composed | ''  4 number of drafts
--       then for each draft: its id, the draft in JSON; then the entries to take away
-- Reply 1 | 0 the job is another's (nothing is written)
local known = redis.call('HMGET', KEYS[1], 'state', 'dispatch')
if known[1] ~= 'running' or known[2] ~= ARGV[1] then return 0 end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], ARGV[3], 1) end
local count = tonumber(ARGV[4])
for i = 1, count do
  -- What was written once is not written again, whoever asks.
  if redis.call('EXISTS', KEYS[3 + i]) == 0 then redis.call('HSETNX', KEYS[2], ARGV[3 + 2 * i], ARGV[4 + 2 * i]) end
end
for i = 5 + 2 * count, #ARGV do redis.call('LREM', KEYS[3], 1, ARGV[i]) end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
