import { setImmediate, setTimeout } from 'node:timers/promises';

/**
 * How fast a simulated call runs: in real time, as a multiple of it, or as fast as the server accepts it.
 */
export type Pace = 'realtime' | number | 'flat-out';

const stepsBetweenYields = 16;

/** Waits for moments of a call's own time. */
export class PaceClock {
  readonly #speed: number;
  readonly #startedAt = performance.now();
  #stepsSinceYield = 0;

  /** `speed` as `speedOf` returns it. The call begins now. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Resolves when the call is `callMs` old. Overdue steps still let other calls run between them. */
  async until(callMs: number): Promise<void> {
    const waitMs = this.#startedAt + callMs / this.#speed - performance.now();
    if (waitMs > 0) {
      await setTimeout(waitMs);
    } else if (++this.#stepsSinceYield === stepsBetweenYields) {
      this.#stepsSinceYield = 0;
      await setImmediate();
    }
  }
}

/** How many times faster than real time; `Infinity` for flat-out. Throws for a factor that is not above 0. */
export function speedOf(pace: Pace): number {
  if (pace === 'realtime') return 1;
  if (pace === 'flat-out') return Infinity;
  if (pace > 0 && Number.isFinite(pace)) return pace;
  throw new RangeError(
    `pace must be 'realtime', 'flat-out' or a factor above 0 (2 = twice as fast), not ${pace}.`,
  );
}
