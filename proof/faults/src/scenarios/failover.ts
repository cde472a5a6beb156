import { sleep } from '@turnlog/service-kit';
import { type RedisGroup } from '../servers/redis-group.ts';
import { type Context } from './scenario.ts';

const TIMEOUT_MS = 60_000;

/** The servers of a scenario that needs a replica. */
export function groupOf({ redisGroup }: Context): RedisGroup {
  if (redisGroup === undefined) throw new Error('this scenario needs a Redis with a replica');
  return redisGroup;
}

/** Waits until the replica has the primary's data and the Sentinel knows it: only then it can take over. */
export async function untilReplicated({ redisEye }: Context): Promise<void> {
  await until(async () => (await redisEye.wait(1, 500)) === 1, 'the replica follows the primary');
}

/** Waits until the Sentinel has promoted the replica. */
export async function untilPromoted(context: Context): Promise<void> {
  const { replica } = groupOf(context);
  const isReplica = async (): Promise<boolean> =>
    (await context.redisEye.info('server')).includes(`tcp_port:${replica.port}`);
  await until(isReplica, 'the replica has taken over');
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(50);
  }
}
