import { sleep } from '@turnlog/service-kit';
import { type Context } from './scenario.ts';

/** Calls that come and go at the same rate all the time. */
export interface SteadyInput {
  /** No more calls come. Resolves when those that are going on are over and acknowledged. */
  stop(): Promise<void>;
}

/** How many calls are going on once the first have come to their end, and of what kind they are. */
export interface InputShape {
  readonly callsAtOnce: number;
  readonly eventsPerCall: number;
  /** The longest; the shortest takes two thirds of that. */
  readonly callMs: number;
  /** As in the shape of a load. */
  readonly withoutLine?: number;
}

/** At any time so many loads are under way, each begun a little later than the one before. */
const LOADS_AT_ONCE = 12;
/** Calls of a load begin within the first third of its time, and go on to its end. */
const MEAN_SHARE_OF_TIME = 5 / 6;

/** Begins to place calls, and goes on until it is stopped, or the world is closed. */
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
