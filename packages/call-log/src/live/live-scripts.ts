import { defineScript } from '@turnlog/redis-kit';

/**
 * Marks calls as seen now, even if they seem to have been seen later, because a clock may be set back. Only
 * live calls: a lost call is not brought back.
 *
 * KEYS  live
 * ARGV  member …
 */
export const touchScript = defineScript(
  `
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
for i = 1, #ARGV do redis.call('ZADD', KEYS[1], 'XX', ms, ARGV[i]) end
return #ARGV
`,
  { runsWithoutMemory: true },
);

/**
 * Requests a checkpoint of a call in progress that changed since it was last persisted. A call that never had
 * a connection is in progress until it is quiet. If the feed cannot be written, the checkpoint stays due.
 *
 * KEYS  head, checkpoints, persist
 * ARGV  member
 * Reply 1 if one was requested
 */
export const checkpointScript = defineScript(`
redis.call('XLEN', KEYS[3])
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
local known = redis.pcall('HMGET', KEYS[1], 'seq', 'persisted', 'open')
-- A head of another type is not a call that could be persisted.
if known.err then return 0 end
local goesOn = not known[3] or tonumber(known[3]) > 0
if not known[1] or not goesOn or tonumber(known[1]) <= (tonumber(known[2]) or 0) then return 0 end
redis.call('XADD', KEYS[3], '*', 'c', ARGV[1], 's', known[1], 'r', 'checkpoint')
return 1
`);
