import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { defineGroupedScript, runGrouped, defineScript, runScript } from '@turnlog/redis-kit';

/** For so long after a process has lived through an attempt, deliveries say nothing against the call. */
const SURVIVED_FOR_SECONDS = 120;

/**
 * Counts that a call is tried alone, in the head field `trials`, where a process that is started again finds it. A call
 * without a head has no log that could do harm, and gets none.
 *
 * KEYS  head
 * Reply how many trials have begun and not ended, this one included
 */
const beginScript = defineScript(
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 1 end
return redis.call('HINCRBY', KEYS[1], 'trials', 1)
`,
  { runsWithoutMemory: true },
);

/**
 * Notes that a process has lived through an attempt at a call: the trials of before are forgotten.
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
 * Reply how many trials have begun and not ended; -1 when a process has lived through an attempt lately
 */
const countScript = defineGroupedScript(`
local known = redis.pcall('HMGET', KEYS[1], 'trials', 'survived')
if known.err then return 0 end
local survived, now = tonumber(known[2]), tonumber(redis.call('TIME')[1])
if survived and math.abs(now - survived) < ${SURVIVED_FOR_SECONDS} then return -1 end
return tonumber(known[1]) or 0
`);

/** Trials of calls that are suspected of killing the processes that read them. */
export interface Trials {
  /**
   * How many trials of each call have begun and not ended. `undefined` for a call that is above suspicion, because a
   * process has lived through an attempt lately.
   */
  counts(calls: readonly CallKey[]): Promise<(number | undefined)[]>;
  /** Resolves to the number of trials of this call that have begun and not ended, this one included. */
  begin(call: CallKey): Promise<number>;
  /** The process has lived through an attempt at the call: its trials are forgotten. */
  survive(call: CallKey): Promise<void>;
}

/** The trials of a key space. */
export function createTrials(redis: Redis, space: KeySpace): Trials {
  const keysOf = (call: CallKey): string[] => [callKeys(space, call).head];
  return {
    counts: async (calls) => {
      const runs = calls.map((call) => ({ keys: keysOf(call), args: [] }));
      const counts = (await runGrouped(redis, countScript, runs)) as number[];
      return counts.map((count) => (count < 0 ? undefined : count));
    },
    begin: async (call) => Number(await runScript(redis, beginScript, keysOf(call), [])),
    survive: async (call) => {
      await runScript(redis, surviveScript, keysOf(call), []);
    },
  };
}
