/** What a key may have left of its allowance, and when that was reckoned. */
interface Allowance {
  left: number;
  atMs: number;
}

const FEW_KEYS = 1_000;

/**
 * How much of each key is taken in a second, in events or in bytes: an allowance that fills up at that rate, and holds at
 * least `burst`, so that a whole request always fits at some time.
 */
export class KeyedRates {
  readonly perSecond: number;
  readonly #capacity: number;
  readonly #allowances = new Map<string, Allowance>();
  #nextPurgeAt = FEW_KEYS;

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.perSecond = perSecond;
    this.#capacity = Math.max(perSecond, burst);
  }

  /** In how many milliseconds so much fits; 0 when it does now. */
  waitMs(key: string, amount: number, nowMs: number): number {
    const left = this.#leftOf(this.#allowances.get(key), nowMs);
    return amount > left ? Math.ceil(((amount - left) / this.perSecond) * 1000) : 0;
  }

  /** Takes so much off a key's allowance: 0. Or nothing, and it says in how many milliseconds it fits. */
  take(key: string, amount: number, nowMs: number): number {
    const waitMs = this.waitMs(key, amount, nowMs);
    if (waitMs > 0) return waitMs;
    const left = this.#leftOf(this.#allowances.get(key), nowMs) - amount;
    this.#allowances.set(key, { left, atMs: nowMs });
    if (this.#allowances.size > this.#nextPurgeAt) this.#purge(nowMs);
    return 0;
  }

  /** For how many keys there is something to remember. */
  get size(): number {
    return this.#allowances.size;
  }

  #leftOf(allowance: Allowance | undefined, nowMs: number): number {
    if (allowance === undefined) return this.#capacity;
    const sinceMs = Math.max(0, nowMs - allowance.atMs);
    return Math.min(this.#capacity, allowance.left + (sinceMs / 1000) * this.perSecond);
  }

  /** Forgets keys whose allowance is full again. As rare as the keys are many, so that it costs little per key. */
  #purge(nowMs: number): void {
    for (const [key, allowance] of this.#allowances) {
      if (this.#leftOf(allowance, nowMs) >= this.#capacity) this.#allowances.delete(key);
    }
    this.#nextPurgeAt = Math.max(FEW_KEYS, 2 * this.#allowances.size);
  }
}
