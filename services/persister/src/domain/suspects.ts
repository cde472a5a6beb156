/** When a call that fails by itself, for a reason nobody knows, is given up. */
export interface SuspectLimits {
  readonly maxFailures: number;
  readonly minAgeMs: number;
}

interface Suspicion {
  readonly failures: number;
  readonly sinceMs: number;
  /** How many calls had been persisted when the last failure was counted. */
  readonly persistedBefore: number;
}

/**
 * Calls that failed alone with an error of an unknown kind. A failure counts against a call only when others were
 * persisted since its last one: while nothing gets through, the fault is the database's.
 */
export function createSuspects({ maxFailures, minAgeMs }: SuspectLimits, now: () => number) {
  const suspicions = new Map<string, Suspicion>();
  let persisted = 0;
  return {
    /** These calls were persisted, and are above suspicion. */
    clear: (keys: readonly string[]): void => {
      persisted += keys.length;
      for (const key of keys) suspicions.delete(key);
    },

    /** This call failed alone. True when it is to be given up. */
    fail: (key: string): boolean => {
      const { failures, sinceMs, persistedBefore } = suspicions.get(key) ?? {
        failures: 0,
        sinceMs: now(),
        persistedBefore: -1,
      };
      const counted = failures + (persisted > persistedBefore ? 1 : 0);
      suspicions.set(key, { failures: counted, sinceMs, persistedBefore: persisted });
      const isGivenUp = counted >= maxFailures && now() - sinceMs >= minAgeMs;
      if (isGivenUp) suspicions.delete(key);
      return isGivenUp;
    },
  };
}

/** Calls under suspicion. */
export type Suspects = ReturnType<typeof createSuspects>;
