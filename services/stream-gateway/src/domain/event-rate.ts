import { TokenBucket } from './token-bucket.ts';

/** So much may come for so many seconds at once: what an agent has kept while it could not report. */
const BURST_SECONDS = 10;

/** Once something was refused, so is all that follows for so long: what comes behind it must not overtake it. */
const REFUSED_FOR_MS = 1_000;

/** Measures out how much may come, in events or in bytes: a bucket that fills with so much a second. */
export class EventRate {
  readonly #bucket: TokenBucket;
  #refusesUntilMs = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, nowMs: number) {
    this.#bucket = new TokenBucket(perSecond, perSecond * BURST_SECONDS, nowMs);
  }

  /** Whether an amount may come now; then it is counted. */
  take(nowMs: number, amount = 1): boolean {
    const refusedForMs = this.#refusesUntilMs - nowMs;
    // A clock that is set back must not make a second an hour.
    if (refusedForMs > 0 && refusedForMs <= REFUSED_FOR_MS) return false;
    if (this.#bucket.take(amount, nowMs) === 0) return true;
    this.#refusesUntilMs = nowMs + REFUSED_FOR_MS;
    return false;
  }
}
