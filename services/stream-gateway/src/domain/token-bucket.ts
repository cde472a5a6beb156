/** A rate limit: tokens that refill at `perSecond` up to `capacity`. A full bucket grants any amount. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacity;
    this.#left = capacity;
    this.#atMs = nowMs;
  }

  /** In how many milliseconds an amount fits; 0 if it fits now. */
  waitMs(amount: number, nowMs: number): number {
    const missing = Math.min(amount, this.#capacity) - this.#leftAt(nowMs);
    return missing > 0 ? Math.ceil((missing / this.#perSecond) * 1000) : 0;
  }

  /** Takes an amount and returns 0, or takes nothing and returns {@link waitMs}. */
  take(amount: number, nowMs: number): number {
    const waitMs = this.waitMs(amount, nowMs);
    if (waitMs > 0) return waitMs;
    this.#left = this.#leftAt(nowMs) - amount;
    this.#atMs = nowMs;
    return 0;
  }

  isFull(nowMs: number): boolean {
    return this.#leftAt(nowMs) >= this.#capacity;
  }

  /** A clock that is set back refills from its new time on. */
  #leftAt(nowMs: number): number {
    this.#atMs = Math.min(this.#atMs, nowMs);
    return Math.min(this.#capacity, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSecond);
  }
}
