import { type CallKey, type CallState } from '@turnlog/call-events';

/** A call's state up to a place in its log. */
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
  /** Over all calls. A state that is heavier by itself is not kept. */
  readonly maxMemoryBytes: number;
  /** A state that was not used for so long is dropped. */
  readonly maxIdleMs: number;
  /** A clock that never jumps. */
  readonly now: () => number;
}

/** Call states that need not be folded from the start again; those used least recently make room. */
export interface StateCache {
  get(call: CallKey): CachedState | undefined;
  set(call: CallKey, cached: CachedState): void;
  delete(call: CallKey): void;
  /** Drops what was not used for long; returns how much memory that took. */
  dropIdle(): number;
  clear(): void;
  readonly size: { readonly calls: number; readonly memoryBytes: number };
}

interface Used {
  readonly cached: CachedState;
  readonly usedAtMs: number;
}

/** An empty cache, in this process alone. */
export function createStateCache({ maxCalls, maxMemoryBytes, maxIdleMs, now }: CacheLimits): StateCache {
  // A map keeps its keys in the order of insertion: the first is the one used least recently.
  const states = new Map<string, Used>();
  let memoryBytes = 0;

  const remove = (key: string): void => {
    memoryBytes -= states.get(key)?.cached.memoryBytes ?? 0;
    states.delete(key);
  };
  const removeOldestWhile = (isToGo: (oldest: Used) => boolean): void => {
    for (const [key, used] of states) {
      if (!isToGo(used)) return;
      remove(key);
    }
  };

  return {
    get(call) {
      const key = keyOf(call);
      const used = states.get(key);
      if (used === undefined) return undefined;
      states.delete(key);
      states.set(key, { ...used, usedAtMs: now() });
      return used.cached;
    },
    set(call, cached) {
      const key = keyOf(call);
      remove(key);
      if (cached.memoryBytes > maxMemoryBytes) return;
      states.set(key, { cached, usedAtMs: now() });
      memoryBytes += cached.memoryBytes;
      removeOldestWhile(() => states.size > maxCalls || memoryBytes > maxMemoryBytes);
    },
    delete: (call) => remove(keyOf(call)),
    dropIdle() {
      const [before, oldestAtMs] = [memoryBytes, now() - maxIdleMs];
      removeOldestWhile(({ usedAtMs }) => usedAtMs < oldestAtMs);
      return before - memoryBytes;
    },
    clear() {
      states.clear();
      memoryBytes = 0;
    },
    get size() {
      return { calls: states.size, memoryBytes };
    },
  };
}

function keyOf({ tenant, callSid }: CallKey): string {
  return `${tenant}/${callSid}`;
}
