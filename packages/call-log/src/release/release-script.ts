import { defineScript } from '@turnlog/redis-kit';
import { RELEASE_LUA } from './release-lua.ts';

/**
 * Releases a call whose keys would expire later. A call that continued, or has no log, is left alone.
 *
 * KEYS  head, log, ids, session, turns
 * ARGV  milliseconds to keep the head
 * Reply 1 if it was released
 */
export const releaseScript = defineScript(
  `${RELEASE_LUA}
if not redis.call('HGET', KEYS[1], 'expiring') or redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
release({KEYS[2], KEYS[3], KEYS[4], KEYS[5]}, KEYS[1], ARGV[1])
return 1
`,
  { runsWithoutMemory: true },
);
