import { callId, type CallKey, type CallState } from '@turnlog/call-events';
import { LRUCache } from 'lru-cache';

/** A call's state up to a position in its log. */
export interface CachedState {
  /** The seqs of another epoch name other events. */
  readonly epoch: string;
  readonly seq: number;
  readonly state: CallState;
  /** About how much memory the state takes. */
  readonly memoryBytes: number;
}

/** How much a cache holds. */
export interface CacheLimits {
  readonly maxCalls: number;
  /** Over all calls. A state that is larger by itself is not kept. */
  readonly maxMemoryBytes: number;
  /** A state that was not used for so long is dropped. */
  readonly maxIdleMs: number;
  /** A clock that never jumps. */
  readonly now: () => number;
}

/** Call states that need not be folded from the start again. The least recently used ones make room for others. */
export class StateCache {
  readonly #states: LRUCache<string, CachedState>;

  constructor({ maxCalls, maxMemoryBytes, maxIdleMs, now }: CacheLimits) {
    this.#states = new LRUCache({
      max: maxCalls,
      maxSize: maxMemoryBytes,
      sizeCalculation: ({ memoryBytes }) => Math.max(1, memoryBytes),
      ttl: maxIdleMs,
      updateAgeOnGet: true,
      // By its default of 1 ms it would start a timer for each moment at which it reads the clock.
      ttlResolution: 0,
      perf: { now },
    });
  }

  get size(): { readonly calls: number; readonly memoryBytes: number } {
    return { calls: this.#states.size, memoryBytes: this.#states.calculatedSize };
  }

  get(call: CallKey): CachedState | undefined {
    return this.#states.get(callId(call));
  }

  set(call: CallKey, cached: CachedState): void {
    this.#states.set(callId(call), cached);
  }

  delete(call: CallKey): void {
    this.#states.delete(callId(call));
  }

  /** Drops what was not used for long; returns how much memory that took. */
  dropIdle(): number {
    const before = this.#states.calculatedSize;
    this.#states.purgeStale();
    return before - this.#states.calculatedSize;
  }

  clear(): void {
    this.#states.clear();
  }
}
