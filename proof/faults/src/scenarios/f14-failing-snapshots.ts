import { mkdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { refuseWrites } from './refuse-writes.ts';
import { type Context, type Scenario } from './scenario.ts';

export const failingSnapshots: Scenario = {
  id: 'F14b',
  name: 'failing-snapshots',
  title: 'Redis cannot write its snapshot and therefore accepts no writes (MISCONF), until it can',
  pass: 'As with a full memory.',
  answer: 'As above: a Redis that accepts no writes is unavailable, whatever the reason.',
  loss: 'nothing',
  quick: false,
  stack: { hasSpool: true },
  run: (context) => {
    const { redis, redisEye } = context;
    // A snapshot cannot be renamed to a folder.
    const obstacle = path.join(redis.dataDir, 'dump.rdb');
    return refuseWrites(context, {
      begin: async () => {
        await mkdir(obstacle);
        await redisEye.config('SET', 'save', '3600 1');
        await snapshot(context, 'err');
      },
      end: async () => {
        await rmdir(obstacle);
        await snapshot(context, 'ok');
        await redisEye.config('SET', 'save', '');
      },
    });
  },
};

async function snapshot({ redisEye }: Context, status: 'ok' | 'err'): Promise<void> {
  await redisEye.bgsave();
  const deadline = performance.now() + 10_000;
  while (!(await redisEye.info('persistence')).includes(`rdb_last_bgsave_status:${status}`)) {
    if (performance.now() > deadline) throw new Error(`the snapshot of Redis did not end as ${status}`);
    await sleep(50);
  }
}
