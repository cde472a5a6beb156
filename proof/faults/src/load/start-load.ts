import { setMaxListeners } from 'node:events';
import { sleep } from '@turnlog/service-kit';
import { type World } from '../world/world.ts';
import { planCalls, type LoadShape } from './plan-calls.ts';
import { playCall, type Stage } from './play-call.ts';
import { type PlannedCall } from '../ledger/planned-call.ts';

/** For this time after its window a load keeps trying to have everything acknowledged. */
const GRACE_MS = 90_000;

/** Calls that are being played. */
export interface Load {
  readonly calls: readonly PlannedCall[];
  readonly isRunning: boolean;
  /** Resolves when all calls are over and acknowledged, or their time is up. */
  readonly finished: Promise<void>;
}

/** Starts to play calls on all gateways in turn. */
export function startLoad(world: World, shape: LoadShape, prefix = 'CA'): Load {
  return playCalls(
    world,
    planCalls(shape, world.rng.fork(`load ${prefix}`), prefix),
    shape.windowMs + GRACE_MS,
  );
}

/** Starts to play the given calls. */
export function playCalls(world: World, calls: readonly PlannedCall[], timeoutMs = GRACE_MS): Load {
  const deadline = AbortSignal.timeout(timeoutMs);
  // Every call waits on it.
  setMaxListeners(0, deadline);
  const stage = stageOf(world, deadline);
  let isRunning = true;
  const finished = Promise.all(calls.map((call) => playCall(call, stage))).then(() => {
    isRunning = false;
  });
  return {
    calls,
    finished,
    get isRunning() {
      return isRunning;
    },
  };
}

function stageOf({ ledger, hub, stack }: World, deadline: AbortSignal): Stage {
  const gateways = stack.gatewayUrls.map((httpUrl, index) => ({
    httpUrl,
    streamUrl: stack.streamUrls[index] ?? '',
  }));
  let turn = 0;
  const nextGateway = (): (typeof gateways)[number] => {
    const gateway = gateways[turn++ % gateways.length];
    if (gateway === undefined) throw new Error('a load needs a gateway');
    return gateway;
  };
  return { ledger, hub, nextGateway, deadline };
}

/**
 * Repeats an action at random intervals for as long as a load runs. Resolves to the number of repetitions.
 */
export async function repeatDuring(
  load: Load,
  intervalMs: () => number,
  action: (count: number) => unknown,
): Promise<number> {
  const over = new AbortController();
  const ending = load.finished.finally(() => over.abort());
  let count = 0;
  for (;;) {
    await sleep(intervalMs(), over.signal);
    if (over.signal.aborted) break;
    count += 1;
    await action(count);
  }
  await ending;
  return count;
}
