import { type CallKey, type CallState } from '@turnlog/call-events';

/** A call's state up to a place in its log. */
export interface CachedState {
  /** The seqs of another epoch name other events. */
  readonly epoch: string;
  readonly seq: number;
  readonly state: CallState;
  /** The length of the event texts that were folded into it: the measure of what it takes to keep. */
  readonly textLength: number;
}

/** How much a cache holds. */
export interface CacheLimits {
  readonly maxCalls: number;
  /** Over all calls. The call used last stays even if it alone is longer. */
  readonly maxTextLength: number;
}

/** Call states that need not be folded from the start again; those used least recently make room. */
export interface StateCache {
  get(call: CallKey): CachedState | undefined;
  set(call: CallKey, cached: CachedState): void;
  delete(call: CallKey): void;
  clear(): void;
  readonly size: { readonly calls: number; readonly textLength: number };
}

/** An empty cache, in this process alone. */
export function createStateCache({ maxCalls, maxTextLength }: CacheLimits): StateCache {
  // A map keeps its keys in the order of insertion: the first is the one used least recently.
  const states = new Map<string, CachedState>();
  let textLength = 0;

  const remove = (key: string): void => {
    textLength -= states.get(key)?.textLength ?? 0;
    states.delete(key);
  };
  const isTooFull = (): boolean => states.size > maxCalls || (textLength > maxTextLength && states.size > 1);

  return {
    get(call) {
      const key = keyOf(call);
      const cached = states.get(key);
      if (cached === undefined) return undefined;
      states.delete(key);
      states.set(key, cached);
      return cached;
    },
    set(call, cached) {
      const key = keyOf(call);
      remove(key);
      states.set(key, cached);
      textLength += cached.textLength;
      for (const oldest of states.keys()) {
        if (!isTooFull()) break;
        remove(oldest);
      }
    },
    delete: (call) => remove(keyOf(call)),
    clear() {
      states.clear();
      textLength = 0;
    },
    get size() {
      return { calls: states.size, textLength };
    },
  };
}

function keyOf({ tenant, callSid }: CallKey): string {
  return `${tenant}/${callSid}`;
}
