import { setImmediate, setTimeout } from 'node:timers/promises';

/** How fast a simulated call runs: as in life, so many times faster, or as fast as the server takes it. */
export type Pace = 'realtime' | number | 'flat-out';

const stepsBetweenYields = 16;

/** Maps the time of a call to the time of the day. */
export class PaceClock {
  readonly #speed: number;
  readonly #startedAt = performance.now();
  #stepsSinceYield = 0;

  /** `speed` as `speedOf` gives it. The call begins now. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** Resolves when the call is `callMs` old. Steps that are overdue still let other calls have a turn. */
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

/** How many times faster than life; `Infinity` for flat-out. Throws on a pace that never gets anywhere. */
export function speedOf(pace: Pace): number {
  if (pace === 'realtime') return 1;
  if (pace === 'flat-out') return Infinity;
  if (pace > 0 && Number.isFinite(pace)) return pace;
  throw new RangeError(
    `pace must be 'realtime', 'flat-out' or a factor above 0 (2 = twice as fast), not ${pace}.`,
  );
}
