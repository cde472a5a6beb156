import { TokenBucket } from './token-bucket.ts';

/** How many seconds' worth may arrive at once: what an agent kept while it could not report. */
const BURST_SECONDS = 10;

/** After a refusal everything is refused for this long, so that later messages do not overtake the refused one. */
const REFUSED_FOR_MS = 1_000;

/** A rate limit in events or bytes: a bucket that refills at a constant rate. */
export class EventRate {
  readonly #bucket: TokenBucket;
  #refusesUntilMs = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, nowMs: number) {
    this.#bucket = new TokenBucket(perSecond, perSecond * BURST_SECONDS, nowMs);
  }

  /** Returns whether an amount is accepted now, and counts it if so. */
  take(nowMs: number, amount = 1): boolean {
    const refusedForMs = this.#refusesUntilMs - nowMs;
    // A clock that is set back must not make a second an hour.
    if (refusedForMs > 0 && refusedForMs <= REFUSED_FOR_MS) return false;
    if (this.#bucket.take(amount, nowMs) === 0) return true;
    this.#refusesUntilMs = nowMs + REFUSED_FOR_MS;
    return false;
  }
}
