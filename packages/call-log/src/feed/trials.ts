import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { defineGroupedScript, runGrouped, defineScript, runScript } from '@turnlog/redis-kit';

/** For this time after a process survived an attempt, deliveries do not count against the call. */
const SURVIVED_FOR_SECONDS = 120;

/**
 * Counts a trial of a suspect in the head field `trials`, where a restarted process finds it. A call without
 * a head has no log that could do harm, and gets none.
 *
 * KEYS  head
 * Reply the number of trials that started and did not end, including this one
 */
const beginScript = defineScript(
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 1 end
return redis.call('HINCRBY', KEYS[1], 'trials', 1)
`,
  { runsWithoutMemory: true },
);

/**
 * Notes that a process survived an attempt at a call, and resets its trials.
 *
 * KEYS  head
 */
const surviveScript = defineScript(
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'survived', redis.call('TIME')[1])
return redis.call('HDEL', KEYS[1], 'trials')
`,
  { runsWithoutMemory: true },
);

/**
 * KEYS  head
 * Reply the number of trials that started and did not end; -1 if a process survived an attempt recently
 */
const countScript = defineGroupedScript(`
local known = redis.pcall('HMGET', KEYS[1], 'trials', 'survived')
if known.err then return 0 end
local survived, now = tonumber(known[2]), tonumber(redis.call('TIME')[1])
if survived and math.abs(now - survived) < ${SURVIVED_FOR_SECONDS} then return -1 end
return tonumber(known[1]) or 0
`);

/** Trials of suspects in a key space: calls that may have killed the processes that read them. */
export function createTrials(redis: Redis, space: KeySpace) {
  const keysOf = (call: CallKey): string[] => [callKeys(space, call).head];
  return {
    /**
     * The number of trials of each call that started and did not end. `undefined` for a call that is not a
     * suspect, because a process survived an attempt recently.
     */
    counts: async (calls: readonly CallKey[]): Promise<(number | undefined)[]> => {
      const runs = calls.map((call) => ({ keys: keysOf(call), args: [] }));
      const counts = (await runGrouped(redis, countScript, runs)) as number[];
      return counts.map((count) => (count < 0 ? undefined : count));
    },
    /** Resolves to the number of trials of this call that started and did not end, including this one. */
    begin: async (call: CallKey): Promise<number> =>
      Number(await runScript(redis, beginScript, keysOf(call), [])),
    /** The process survived the attempt at the call: its trials are reset. */
    survive: async (call: CallKey): Promise<void> => {
      await runScript(redis, surviveScript, keysOf(call), []);
    },
  };
}

/** Trials of suspects. */
export type Trials = ReturnType<typeof createTrials>;
