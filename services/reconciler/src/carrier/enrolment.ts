/** Rows are written up to so long before they can be seen: a statement times out well before. */
const OVERLAP_MS = 10 * 60_000;

interface EnrolmentOptions {
  /** Puts calls of at most that age on the list. */
  readonly enrol: (maxAgeMs: number) => Promise<number>;
  /** How far back the first look goes. */
  readonly lookbackMs: number;
  readonly everyMs: number;
}

/** Puts the calls on the list whose rows are new since the last look that succeeded; the first look goes further back. */
export class Enrolment {
  readonly #options: EnrolmentOptions;
  #enrolledAtMs: number | undefined;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { enrol, lookbackMs, everyMs } = this.#options;
    const startedAtMs = performance.now();
    const sinceMs = this.#enrolledAtMs === undefined ? undefined : startedAtMs - this.#enrolledAtMs;
    if (sinceMs !== undefined && sinceMs < everyMs) return;
    await enrol(sinceMs === undefined ? lookbackMs : sinceMs + OVERLAP_MS);
    this.#enrolledAtMs = startedAtMs;
  }
}
