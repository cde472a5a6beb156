import { sleep } from '@turnlog/service-kit';
import { type Context } from './scenario.ts';

/** Calls that come and go at the same rate all the time. */
export interface SteadyInput {
  /** Stops placing calls. Resolves when those in progress are over and acknowledged. */
  stop(): Promise<void>;
}

/** How many calls are in progress once the first have ended, and their kind. */
export interface InputShape {
  readonly callsAtOnce: number;
  readonly eventsPerCall: number;
  /** The longest; the shortest takes two thirds of that. */
  readonly callMs: number;
  /** As in the shape of a load. */
  readonly withoutLine?: number;
}

/** At any time this many loads are in progress, each started a little later than the one before. */
const LOADS_AT_ONCE = 12;
/** Calls of a load start within the first third of its time, and last to its end. */
const MEAN_SHARE_OF_TIME = 5 / 6;

/** Starts to place calls, until it is stopped or the world is closed. */
export function steadyInput(context: Context, shape: InputShape): SteadyInput {
  const { callsAtOnce, callMs, ...others } = shape;
  const calls = Math.max(1, Math.round(callsAtOnce / (LOADS_AT_ONCE * MEAN_SHARE_OF_TIME)));
  const stopping = new AbortController();
  const place = async (): Promise<void> => {
    const loads: Promise<void>[] = [];
    while (!stopping.signal.aborted) {
      const load = context.load({ calls, windowMs: callMs, ...others }, `CA${loads.length + 1}`);
      loads.push(load.finished);
      await sleep(callMs / LOADS_AT_ONCE, stopping.signal);
    }
    await Promise.all(loads);
  };
  const placing = place();
  context.onClose(() => stopping.abort());
  return {
    stop: () => {
      stopping.abort();
      return placing;
    },
  };
}
