import { rm } from 'node:fs/promises';
import path from 'node:path';
import { crashRedis } from './crash-redis.ts';
import { type Scenario } from './scenario.ts';
import { watchLowering } from './watch-lowering.ts';

export const emptyRedis: Scenario = {
  id: 'F16b',
  name: 'empty-redis',
  title: 'Redis comes back empty in the middle of calls',
  pass: 'Each call is complete: what was in Postgres and what arrives later are one row, and no row is ever lowered.',
  answer: 'Gateways send again what they still have; the new epoch is merged with the archive.',
  loss: 'nothing',
  quick: false,
  // Often enough that calls are in Postgres when they are deleted from Redis.
  stack: { serviceEnv: { session: { CHECKPOINT_EVERY_MS: '500', SWEEP_EVERY_MS: '250' } } },
  run: async (context) => {
    const { redis, sql } = context;
    const countLowered = await watchLowering(context);
    await crashRedis(context, {
      whileDown: () => rm(path.join(redis.dataDir, 'appendonlydir'), { recursive: true }),
    });
    context.expect((await countLowered()) === 0, `${await countLowered()} rows were lowered`);
    const { rows } = await sql.query<{ epochs: number }>(
      'select count(distinct epoch)::integer as epochs from call_event_segments group by tenant, call_sid',
    );
    const inEpochs = rows.filter(({ epochs }) => epochs > 1).length;
    context.note('calls of several epochs', inEpochs);
    context.expect(inEpochs > 0, 'no call was in Postgres before and after');
  },
};
