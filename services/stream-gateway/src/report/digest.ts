const EVERY_MS = 60_000;

/** Counts by reason of something that repeats, logged at the first time and then once a minute. */
export class Digest<Reason extends string> {
  readonly #log: (counts: Readonly<Partial<Record<Reason, number>>>) => void;
  #counts: Partial<Record<Reason, number>> = {};
  #isEmpty = true;
  #loggedAtMs = -Infinity;

  constructor(log: (counts: Readonly<Partial<Record<Reason, number>>>) => void) {
    this.#log = log;
  }

  count(reason: Reason, amount = 1): void {
    this.#counts[reason] = (this.#counts[reason] ?? 0) + amount;
    this.#isEmpty = false;
  }

  /** Logs the counts when they are due; `nowMs` is monotonic. */
  report(nowMs: number): void {
    if (this.#isEmpty || nowMs - this.#loggedAtMs < EVERY_MS) return;
    this.#loggedAtMs = nowMs;
    this.#log(this.#counts);
    this.#counts = {};
    this.#isEmpty = true;
  }
}
