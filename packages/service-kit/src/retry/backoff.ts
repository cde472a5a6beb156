/** How long to wait before the next attempt: `min(maxMs, minMs × 2^attempt)`, then jitter. */
export interface Backoff {
  /** Ceiling of the first delay. Above 0. */
  readonly minMs: number;
  /** Ceiling of every delay. */
  readonly maxMs: number;
  /**
   * `equal` (default) draws from the upper half of the ceiling, `full` from the whole of it. Full spreads many clients
   * best but may retry at once; equal always leaves the other side at least half the ceiling to recover.
   */
  readonly jitter?: 'equal' | 'full';
  /** Uniform in [0, 1); `Math.random` by default. */
  readonly random?: () => number;
}

/**
 * The delay in whole milliseconds before attempt number `attempt` (0 is the first retry): with 100 and 30,000 ms from
 * 50 to 100 ms for the first, 15,000 to 30,000 ms from the tenth on.
 */
export function backoffDelayMs(attempt: number, backoff: Backoff): number {
  const { minMs, maxMs, jitter = 'equal', random = Math.random } = backoff;
  requireSensible({ attempt, minMs, maxMs });
  const ceilingMs = Math.min(maxMs, minMs * 2 ** attempt);
  const floorMs = jitter === 'equal' ? ceilingMs / 2 : 0;
  return Math.round(floorMs + random() * (ceilingMs - floorMs));
}

function requireSensible(options: { attempt: number; minMs: number; maxMs: number }): void {
  const { attempt, minMs, maxMs } = options;
  if (attempt >= 0 && minMs > 0 && maxMs >= minMs) return;
  throw new RangeError(`backoff needs attempt ≥ 0 and 0 < minMs ≤ maxMs, got ${JSON.stringify(options)}`);
}
