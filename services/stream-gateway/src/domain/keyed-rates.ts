import { TokenBucket } from './token-bucket.ts';

const FEW_KEYS = 1_000;

/** A rate limit for each key, in events or in bytes. It holds at least `burst`, so that a whole request fits at some time. */
export class KeyedRates {
  readonly #perSecond: number;
  readonly #capacity: number;
  readonly #buckets = new Map<string, TokenBucket>();
  #nextPurgeAt = FEW_KEYS;

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#perSecond = perSecond;
    this.#capacity = Math.max(perSecond, burst);
  }

  /** In how many milliseconds an amount fits; 0 if it fits now. */
  waitMs(key: string, amount: number, nowMs: number): number {
    return this.#buckets.get(key)?.waitMs(amount, nowMs) ?? 0;
  }

  /** Takes an amount off a key's bucket and returns 0, or takes nothing and returns {@link waitMs}. */
  take(key: string, amount: number, nowMs: number): number {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#perSecond, this.#capacity, nowMs);
    const waitMs = bucket.take(amount, nowMs);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#nextPurgeAt) this.#purge(nowMs);
    return waitMs;
  }

  /** For how many keys there is a bucket. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Forgets full buckets. As rare as the keys are many, so that it costs little per key. */
  #purge(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(key);
    this.#nextPurgeAt = Math.max(FEW_KEYS, 2 * this.#buckets.size);
  }
}
