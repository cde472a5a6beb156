/** When a call that fails by itself, for an unknown reason, is dead-lettered. */
interface SuspectLimits {
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
 * Calls that failed alone for an unknown reason. A failure counts against a call only if others were persisted since its
 * last one: while no call gets through, the database is at fault.
 */
export class Suspects {
  readonly #limits: SuspectLimits;
  readonly #now: () => number;
  readonly #suspicions = new Map<string, Suspicion>();
  #persisted = 0;

  constructor(limits: SuspectLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** These calls were persisted, and are not suspected any more. */
  clear(keys: readonly string[]): void {
    this.#persisted += keys.length;
    for (const key of keys) this.#suspicions.delete(key);
  }

  /** This call failed alone. True when it is to be dead-lettered. */
  fail(key: string): boolean {
    const none = { failures: 0, sinceMs: this.#now(), persistedBefore: -1 };
    const { failures, sinceMs, persistedBefore } = this.#suspicions.get(key) ?? none;
    const counted = failures + (this.#persisted > persistedBefore ? 1 : 0);
    this.#suspicions.set(key, { failures: counted, sinceMs, persistedBefore: this.#persisted });
    const { maxFailures, minAgeMs } = this.#limits;
    const isDead = counted >= maxFailures && this.#now() - sinceMs >= minAgeMs;
    if (isDead) this.#suspicions.delete(key);
    return isDead;
  }
}
