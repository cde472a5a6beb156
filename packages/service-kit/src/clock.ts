/** A source of milliseconds. Injected wherever time decides something, so that a test can move it. */
export interface Clock {
  now(): number;
}

/** Milliseconds since the process began, for durations and deadlines: it never jumps and never runs back. */
export const monotonicClock: Clock = { now: () => performance.now() };

/**
 * A clock that says what another one says now, and goes on steadily from there whatever becomes of that one: for times that
 * are stored and whose order and distance must be right, such as those of one call.
 */
export function steadyClock(now: () => number): () => number {
  const aheadMs = now() - performance.now();
  return () => Math.round(aheadMs + performance.now());
}

/** Runs `act` once after `ms`; returns how to call it off. */
export type StartTimer = (ms: number, act: () => void) => () => void;

/** The timer of the event loop. */
export const startTimer: StartTimer = (ms, act) => {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
};
