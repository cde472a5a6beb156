/** So much may come for so many seconds at once: what an agent has kept while it could not report. */
const BURST_SECONDS = 10;

/** Once something was refused, so is all that follows for so long: what comes behind it must not overtake it. */
const REFUSED_FOR_MS = 1_000;

/** Measures out how much may come, in events or in bytes: a bucket that fills with so much a second. */
export class EventRate {
  readonly #perSecond: number;
  readonly #capacity: number;
  #left: number;
  #atMs: number;
  #refusesUntilMs = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = perSecond * BURST_SECONDS;
    this.#left = this.#capacity;
    this.#atMs = nowMs;
  }

  /** Whether so much may come now; then it is counted. A full bucket takes anything, so that all fits at some time. */
  take(nowMs: number, amount = 1): boolean {
    this.#fill(nowMs);
    const refusedForMs = this.#refusesUntilMs - nowMs;
    // A clock that is set back must not make a second an hour.
    if (refusedForMs > 0 && refusedForMs <= REFUSED_FOR_MS) return false;
    if (this.#left < Math.min(amount, this.#capacity)) {
      this.#refusesUntilMs = nowMs + REFUSED_FOR_MS;
      return false;
    }
    this.#left -= amount;
    return true;
  }

  #fill(nowMs: number): void {
    const sinceMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = nowMs;
    this.#left = Math.min(this.#capacity, this.#left + (sinceMs / 1000) * this.#perSecond);
  }
}
