import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { scanCalls } from '../read/scan-calls.ts';
import { isFaultOfTheCall } from '../read/is-fault-of-the-call.ts';
import { defineScript, memoryShare, runScript } from '@turnlog/redis-kit';
import { KEEP_HEAD_MS, RELEASE_LUA } from './release-lua.ts';

const PAGE = 250;

/**
 * Releases a call whose keys would expire later. A call that continued, or has no log, is left alone.
 *
 * KEYS  head, log, ids, session, turns
 * ARGV  milliseconds to keep the head
 * Reply 1 if it was released
 */
const releaseScript = defineScript(
  `${RELEASE_LUA}
if not redis.call('HGET', KEYS[1], 'expiring') or redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
release({KEYS[2], KEYS[3], KEYS[4], KEYS[5]}, KEYS[1], ARGV[1])
return 1
`,
  { runsWithoutMemory: true },
);

/** Options of a releaser. */
export interface CallReleaserOptions {
  readonly redis: Redis;
  readonly space: KeySpace;
  /** The share of `maxmemory` above which persisted calls are released. */
  readonly maxShare: number;
}

/** Frees memory by releasing persisted calls while it is short. */
export function createCallReleaser({ redis, space, maxShare }: CallReleaserOptions) {
  let isShort = false;

  const measure = async (): Promise<boolean> => {
    isShort = ((await memoryShare(redis)) ?? 0) > maxShare;
    return isShort;
  };

  const release = async (call: CallKey): Promise<boolean> => {
    const { head, log, ids, session, turns } = callKeys(space, call);
    const keys = [head, log, ids, session, turns];
    const reply = await runScript(redis, releaseScript, keys, [KEEP_HEAD_MS]).catch(passOver);
    return reply === 1;
  };

  return {
    /** Whether memory was short at the last measurement. */
    isMemoryShort: (): boolean => isShort,

    /** Releases calls until memory is not short or none is left; resolves to their number. */
    relieve: async (): Promise<number> => {
      if (!(await measure())) return 0;
      let released = 0;
      for await (const calls of scanCalls(redis, space, { part: 'head' }, PAGE)) {
        released += (await Promise.all(calls.map(release))).filter(Boolean).length;
        if (!(await measure())) break;
      }
      return released;
    },
  };
}

/** Frees memory while it is short. */
export type CallReleaser = ReturnType<typeof createCallReleaser>;

/** A head of another type is not ours. */
function passOver(error: unknown): undefined {
  if (!isFaultOfTheCall(error)) throw error;
}
