/** When to ask about calls, after their end. */
export interface CheckTimes {
  readonly firstMs: number;
  readonly secondMs: number;
}

/** The carrier's answer about a call. */
export type CheckAnswer =
  | {
      readonly kind: 'told';
      readonly isOver: boolean;
      /** The facts that arrive late, duration and price, are present. */
      readonly isComplete: boolean;
    }
  | { readonly kind: 'not_found' };

/** The plan for a call after an answer. */
export type NextCheck =
  | { readonly state: 'due'; readonly dueInMs: number }
  | { readonly state: 'settled' | 'unknown' | 'incomplete' };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A price or a duration may arrive even later than the second check. */
const LATE_MS = [HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS];
const MAX_PAUSE_MS = HOUR_MS;
const GIVE_UP_AFTER_MS = 48 * HOUR_MS;

/**
 * Plans the next question. A call that is over is asked about twice; a third time and more only for what is missing.
 * A call in progress is asked about at growing pauses. `elapsedMs`: since its end, or since its beginning if it has none.
 */
export function planNextCheck(answer: CheckAnswer, elapsedMs: number, times: CheckTimes): NextCheck {
  if (answer.kind === 'told' && !answer.isOver) {
    if (elapsedMs >= GIVE_UP_AFTER_MS) return { state: 'incomplete' };
    return { state: 'due', dueInMs: Math.min(Math.max(elapsedMs, times.firstMs), MAX_PAUSE_MS) };
  }
  const regular = nextOf([times.firstMs, times.secondMs], elapsedMs);
  if (regular !== undefined) return regular;
  if (answer.kind === 'not_found') return { state: 'unknown' };
  if (answer.isComplete) return { state: 'settled' };
  return nextOf(LATE_MS, elapsedMs) ?? { state: 'incomplete' };
}

function nextOf(timesMs: readonly number[], elapsedMs: number): NextCheck | undefined {
  const next = timesMs.find((timeMs) => timeMs > elapsedMs);
  return next === undefined ? undefined : { state: 'due', dueInMs: next - elapsedMs };
}
