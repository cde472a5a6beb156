import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type KeySpace } from '../keys.ts';
import { scanCalls } from '../read/scan-calls.ts';
import { isFaultOfTheCall } from '../read/is-fault-of-the-call.ts';
import { memoryShare, runScripts, type ScriptRun } from '@turnlog/redis-kit';
import { KEEP_HEAD_MS } from './release-lua.ts';
import { releaseScript } from './release-script.ts';

const PAGE = 250;

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

  const release = async (calls: readonly CallKey[]): Promise<number> => {
    const runs = calls.map((call): ScriptRun => {
      const { head, log, ids, session, turns } = callKeys(space, call);
      return { keys: [head, log, ids, session, turns], args: [KEEP_HEAD_MS] };
    });
    const replies = await Promise.all(
      runs.map((run) => runScripts(redis, releaseScript, [run]).catch(passOver)),
    );
    return replies.filter(([reply]) => reply === 1).length;
  };

  return {
    /** Whether memory was short at the last measurement. */
    isMemoryShort: (): boolean => isShort,

    /**
     * Measures the memory and releases calls until it is not short or none is left; resolves to their number.
     */
    relieve: async (): Promise<number> => {
      if (!(await measure())) return 0;
      let released = 0;
      for await (const calls of scanCalls(redis, space, 'head', PAGE)) {
        released += await release(calls);
        if (!(await measure())) break;
      }
      return released;
    },
  };
}

/** Frees memory while it is short. */
export type CallReleaser = ReturnType<typeof createCallReleaser>;

/** A head of another type is not ours. */
function passOver(error: unknown): unknown[] {
  if (isFaultOfTheCall(error)) return [];
  throw error;
}
