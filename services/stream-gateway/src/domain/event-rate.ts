/** Events may come for so many seconds at once: what an agent has kept while it could not report. */
const BURST_SECONDS = 10;

/** Measures out how many events an agent may report: a bucket that fills with so many a second. */
export class EventRate {
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * BURST_SECONDS;
    this.#atMs = nowMs;
  }

  /** Whether an event may come now; then it is counted. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  #fill(nowMs: number): void {
    const sinceMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = nowMs;
    this.#left = Math.min(this.#perSecond * BURST_SECONDS, this.#left + (sinceMs / 1000) * this.#perSecond);
  }
}
