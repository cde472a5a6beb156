import { defineScript } from '../redis/script.ts';
import { RELEASE_LUA } from './release-lua.ts';

/**
 * Releases a call whose keys expire later. One that has begun anew meanwhile is left alone, as is one that was released.
 *
 * KEYS  head, log, ids, session, turns
 * Reply 1 when it was released
 */
export const releaseScript = defineScript(
  `${RELEASE_LUA}
local known = redis.call('HMGET', KEYS[1], 'expiring', 'released')
if not known[1] or known[2] then return 0 end
release(KEYS[1], {KEYS[2], KEYS[3], KEYS[4], KEYS[5]})
return 1
`,
  { runsWithoutMemory: true },
);
