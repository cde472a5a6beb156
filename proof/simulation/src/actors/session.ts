import { allPartitions, consumeFeed, partitionKeys } from '@turnlog/call-log';
import { backoffDelayMs } from '@turnlog/service-kit';
import { ActivityFold, StateCache, Sweep, type FoldObserver } from '@turnlog/session';
import { type SimProcess } from '../kernel/sim-process.ts';
import { redisOf, type Surroundings } from './surroundings.ts';

const BACKOFF = { minMs: 50, maxMs: 5_000 };
const READ_COUNT = 64;
const MAX_MEMORY_BYTES = 10_000_000;

/** One life of a session service. Its fold, its cache, its sweep and its loop are the real ones. */
export class Session {
  readonly process: SimProcess;
  readonly #cache: StateCache;

  constructor(process: SimProcess, surroundings: Surroundings) {
    this.process = process;
    this.#cache = new StateCache({
      maxCalls: surroundings.settings.cachedCalls,
      maxMemoryBytes: MAX_MEMORY_BYTES,
      maxIdleMs: 60_000,
      now: process.now,
    });
    this.#fold(surroundings);
    this.#sweep(surroundings);
  }

  onRedisLost(): void {
    this.#cache.clear();
  }

  #fold(surroundings: Surroundings): void {
    const { process } = this;
    const { blockMs, claimIdleMs } = surroundings.settings;
    const { readPages, save, publish, reader } = redisOf(process, surroundings);
    const client = { feed: 'activity' as const, consumer: process.name, count: READ_COUNT };
    const fold = new ActivityFold({
      readPages,
      cache: this.#cache,
      save,
      publish,
      observer: observe(process),
      maxCallMemoryBytes: MAX_MEMORY_BYTES,
    });
    consumeFeed(reader({ ...client, blockMs, claimIdleMs }), {
      blockMs,
      reclaimEveryMs: claimIdleMs,
      handle: (entries) => fold.handle(entries),
      onTurn: () => undefined,
      onError: (error) => process.tell(() => `reads again: ${String(error)}`),
      onLost: (count) => process.tell(() => `${count} entries are lost`),
      backoffMs: (attempt) => backoffDelayMs(attempt - 1, { ...BACKOFF, random: surroundings.random }),
      now: process.now,
      pause: process.pause,
    });
  }

  #sweep(surroundings: Surroundings): void {
    const { process } = this;
    const { lostAfterMs, sweepEveryMs } = surroundings.settings;
    const { endsAppender: appender, liveCalls, serverTimeMs } = redisOf(process, surroundings);
    const sweep = new Sweep({
      appender,
      liveCalls,
      serverTimeMs,
      partitions: allPartitions(surroundings.space),
      lostAfterMs,
      quietAfterMs: lostAfterMs,
      now: process.now,
      broken: { note: () => undefined, clear: () => undefined },
      keysOf: (partition) => partitionKeys(surroundings.space, partition),
      onCallFailed: ({ call }, error) => process.tell(() => `${call.callSid} stays: ${String(error)}`),
    });
    const repeat = (): void => {
      sweep.run().then(
        () => process.startTimer(sweepEveryMs, repeat),
        () => process.startTimer(sweepEveryMs, repeat),
      );
    };
    repeat();
  }
}

function observe(process: SimProcess): FoldObserver {
  return {
    onFolded: () => undefined,
    onSaved: () => undefined,
    onUndecodable: ({ callSid }, seq) => process.tell(() => `${callSid} ${seq} is no event`),
    onCallFailed: ({ callSid }, error) =>
      process.tell(() => `${callSid} could not be folded: ${String(error)}`),
    onCallTooLarge: ({ callSid }) => process.tell(() => `${callSid} is too large`),
    onUnpublished: () => undefined,
  };
}
