import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { copyPostgres, fallBackTo } from '../servers/postgres-copy.ts';
import { recoveredWithin } from './recovered-within.ts';
import { type Context, type Scenario } from './scenario.ts';
import { until } from './until.ts';

const OVER_WITHIN_MS = 30_000;
const REPAIRED_WITHIN_MS = 120_000;

export const postgresLostCommits: Scenario = {
  id: 'F52',
  name: 'postgres-lost-commits',
  title:
    'Postgres returns to a copy from some seconds ago, as after a failover that lost the last commits; Redis is unaffected',
  pass: 'All calls are in Postgres again: those in progress, and those that were over and recorded before.',
  answer:
    'A persister that finds Postgres behind what Redis has marked as persisted writes again what Redis still has.',
  loss: 'nothing that Redis still has: the keys of a call expire an hour after it was recorded',
  quick: false,
  run: async (context) => {
    const { size, folder, postgres } = context;
    const load = context.load({ windowMs: size.windowMs * 2 });
    await sleep(size.windowMs / 2);
    const copyFolder = path.join(folder, 'copy');
    await mkdir(copyFolder, { mode: 0o711 });
    await copyPostgres(context, copyFolder);
    // These are over and recorded when their rows are lost.
    const short = context.load({ calls: 20, eventsPerCall: 5, windowMs: 2_000, lateEvents: 0 }, 'CAover');
    await short.finished;
    const isOver = await until(async () => (await countOver(context)) === 20, OVER_WITHIN_MS);
    context.expect(isOver, 'the calls were not recorded before the loss');
    await fallBackTo(copyFolder, postgres);
    const left = await countOver(context);
    context.note('recorded before, and lost by Postgres', 20 - left);
    context.expect(left === 0, `${left} of the calls were in the copy`);

    await recoveredWithin(context, 15);
    await load.finished;
    const startedAtMs = performance.now();
    const isRepaired = await until(async () => (await countOver(context)) === 20, REPAIRED_WITHIN_MS);
    context.expect(
      isRepaired,
      `${20 - (await countOver(context))} calls that were over are not in Postgres again`,
    );
    context.note('repaired after', `${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s more`);
  },
};

async function countOver({ sql }: Context): Promise<number> {
  const text = `select count(*)::integer as count from call_sessions where call_sid like 'CAover-%' and status = 'completed'`;
  const { rows } = await sql.query<{ count: number }>(text);
  return rows[0]?.count ?? 0;
}
