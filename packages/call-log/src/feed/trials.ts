import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { defineScript, runScript } from '../redis/script.ts';

/**
 * Counts that a call is tried alone, in the head field `trials`, where a process that is started again finds it. A call
 * without a head has no log that could do harm, and gets none. It runs also while Redis is short of memory.
 *
 * KEYS  head
 * Reply how many trials have begun and not ended, this one included
 */
const beginScript = defineScript(`#!lua flags=allow-oom
if redis.call('EXISTS', KEYS[1]) == 0 then return 1 end
return redis.call('HINCRBY', KEYS[1], 'trials', 1)
`);

/** Trials of calls that are suspected of killing the processes that read them. */
export interface Trials {
  /** Resolves to the number of trials of this call that have begun and not ended, this one included. */
  begin(call: CallKey): Promise<number>;
  /** The process has survived: all trials of the call are forgotten. */
  end(call: CallKey): Promise<void>;
}

/** The trials of a key space. */
export function createTrials(redis: Redis, space: KeySpace): Trials {
  return {
    begin: async (call) => Number(await runScript(redis, beginScript, [callKeys(space, call).head], [])),
    end: async (call) => {
      await redis.hdel(callKeys(space, call).head, 'trials');
    },
  };
}
