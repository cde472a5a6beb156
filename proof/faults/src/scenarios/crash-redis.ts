import { sleep } from '@turnlog/service-kit';
import { type LoadShape } from '../load/plan-calls.ts';
import { sumMetric } from './metrics.ts';
import { recoveredWithin } from './recovered-within.ts';
import { type Context } from './scenario.ts';

export interface CrashOptions {
  readonly load?: Partial<LoadShape>;
  /** Changes its data before it is started again. */
  readonly whileDown?: () => Promise<void>;
}

/**
 * Kills and restarts Redis several times under load. Resolves to how often a gateway found that it lacks
 * events.
 */
export async function crashRedis(
  context: Context,
  { load: shape, whileDown }: CrashOptions = {},
): Promise<number> {
  const { redis, size, rng } = context;
  const load = context.load(shape);
  const crashes = size.intensity < 1 ? 1 : 3;
  for (let count = 0; count < crashes; count += 1) {
    await sleep(size.windowMs / (crashes + 2));
    await redis.crash();
    await whileDown?.();
    await sleep(rng.int(200, 2_000));
    await redis.start();
  }
  await recoveredWithin(context, 10);
  await load.finished;
  context.note('crashes', crashes);
  const gaps = await sumMetric(context, 'gateway', 'gateway_gaps_total');
  context.note('gaps', gaps);
  return gaps;
}
