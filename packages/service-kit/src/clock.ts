/** Milliseconds since the process began, for durations and deadlines: it never jumps and never runs back. */
export function monotonicMs(): number {
  return performance.now();
}

/**
 * A clock that starts at the present time of another one and runs steadily from there: for stored times whose order
 * and distance must be right, such as those of one call.
 */
export function steadyClock(now: () => number): () => number {
  const aheadMs = now() - performance.now();
  return () => Math.round(aheadMs + performance.now());
}

/** Runs `act` once after `ms`; returns how to cancel it. */
export type StartTimer = (ms: number, act: () => void) => () => void;

/** The timer of the event loop. */
export const startTimer: StartTimer = (ms, act) => {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
};
