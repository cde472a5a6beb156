import { defineScript } from '@turnlog/redis-kit';

/**
 * Notes that calls were seen now, even when they seem to have been seen later: a clock may be set back. Only calls that are
 * live: one that was given up is not brought back by this.
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
 * Asks for a checkpoint of a call that goes on and has changed since it was last persisted. A call that never had a connection
 * goes on until it is quiet. Where the feed can't be written, the checkpoint stays due.
 *
 * KEYS  head, checkpoints, persist
 * ARGV  member
 * Reply 1 when one was asked for
 */
export const checkpointScript = defineScript(`
redis.call('XLEN', KEYS[3])
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
local known = redis.pcall('HMGET', KEYS[1], 'seq', 'persisted', 'open')
-- A head of another type is of no call that could be persisted.
if known.err then return 0 end
local goesOn = not known[3] or tonumber(known[3]) > 0
if not known[1] or not goesOn or tonumber(known[1]) <= (tonumber(known[2]) or 0) then return 0 end
redis.call('XADD', KEYS[3], '*', 'c', ARGV[1], 's', known[1], 'r', 'checkpoint')
return 1
`);
