/** How long to wait before the next attempt: `min(maxMs, minMs × factor^attempt)`, then jitter. */
export interface Backoff {
  /** Ceiling of the first delay. Above 0. */
  minMs: number;
  /** Ceiling of every delay. */
  maxMs: number;
  /** Growth per attempt; 2 by default. */
  factor?: number;
  /**
   * `equal` (default) draws from the upper half of the ceiling, `full` from the whole of it. Full spreads a herd of
   * clients best but may retry at once; equal always leaves the other side at least half the ceiling to recover.
   */
  jitter?: 'equal' | 'full';
  /** Uniform in [0, 1); `Math.random` by default. */
  random?: () => number;
}

/**
 * The delay in whole milliseconds before attempt number `attempt` (0 is the first retry). With `minMs` 100,
 * `maxMs` 30,000 and factor 2:
 *
 * | attempt | equal           | full       |
 * |---------|-----------------|------------|
 * | 0       | 50 to 100       | 0 to 100   |
 * | 1       | 100 to 200      | 0 to 200   |
 * | 4       | 800 to 1600     | 0 to 1600  |
 * | 9 …     | 15,000 to 30,000 | 0 to 30,000 |
 */
export function backoffDelayMs(attempt: number, backoff: Backoff): number {
  const { minMs, maxMs, factor = 2, jitter = 'equal', random = Math.random } = backoff;
  requireSensible({ attempt, minMs, maxMs, factor });
  const ceilingMs = Math.min(maxMs, minMs * factor ** attempt);
  const floorMs = jitter === 'equal' ? ceilingMs / 2 : 0;
  return Math.round(floorMs + random() * (ceilingMs - floorMs));
}

function requireSensible(options: { attempt: number; minMs: number; maxMs: number; factor: number }): void {
  const { attempt, minMs, maxMs, factor } = options;
  const isSensible = attempt >= 0 && minMs > 0 && maxMs >= minMs && factor >= 1;
  if (isSensible) return;
  throw new RangeError(
    `backoff needs attempt ≥ 0, 0 < minMs ≤ maxMs and factor ≥ 1, got ${JSON.stringify(options)}`,
  );
}
