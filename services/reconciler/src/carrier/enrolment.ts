/** How calls come onto the list. */
export interface EnrolmentOptions {
  /** Puts calls of at most that age on the list. */
  readonly enrol: (maxAgeMs: number) => Promise<number>;
  /** How far back the first look goes. */
  readonly lookbackMs: number;
  readonly everyMs: number;
  /** A clock that never jumps. */
  readonly now: () => number;
}

/** Rows come into being up to so long before they can be seen: a statement gives up well before. */
const OVERLAP_MS = 10 * 60_000;

/** A look at the calls whose rows are new since the last one that succeeded; the first goes further back. */
export function createEnrolment({ enrol, lookbackMs, everyMs, now }: EnrolmentOptions) {
  let enrolledAtMs: number | undefined;
  return async (): Promise<void> => {
    const startedAtMs = now();
    if (enrolledAtMs !== undefined && startedAtMs - enrolledAtMs < everyMs) return;
    await enrol(enrolledAtMs === undefined ? lookbackMs : startedAtMs - enrolledAtMs + OVERLAP_MS);
    enrolledAtMs = startedAtMs;
  };
}
