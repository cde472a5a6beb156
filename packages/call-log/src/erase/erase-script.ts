import { defineScript } from '@turnlog/redis-kit';

/**
 * Removes all keys of a call, and leaves an erasure marker: later appends are refused. A call in progress is
 * left alone.
 *
 * KEYS  head, log, ids, session, turns, live, checkpoints
 * ARGV  member, milliseconds to keep the marker
 * Reply 'live', or the number of keys that existed
 */
export const eraseScript = defineScript(
  `
local call = redis.call
if call('ZSCORE', KEYS[6], ARGV[1]) then return 'live' end
local isMarked = call('HEXISTS', KEYS[1], 'erased')
local deleted = call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
call('ZREM', KEYS[7], ARGV[1])
call('HSET', KEYS[1], 'erased', 1)
call('PEXPIRE', KEYS[1], ARGV[2])
return deleted - isMarked
`,
  { runsWithoutMemory: true },
);
