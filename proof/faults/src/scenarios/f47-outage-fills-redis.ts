import { sleep } from '@turnlog/service-kit';
import { type AgentMessage } from '../ledger/planned-call.ts';
import { untilQuiet } from '../oracle/quiescence.ts';
import { usedMemory } from './memory.ts';
import { recoveredWithin } from './recovered-within.ts';
import { reportOnce } from './report-events.ts';
import { type Context, type Scenario } from './scenario.ts';
import { until } from './until.ts';

const MIB = 1024 * 1024;
const MAX_MEMORY_BYTES = 40 * MIB;
const TEXT = 'a long turn '.repeat(1_700);
const REPORTS_AT_ONCE = 8;
const MOMENT_MS = 3_000;
const DRAINED_WITHIN_MS = 60_000;

export const outageFillsRedis: Scenario = {
  id: 'F47',
  name: 'outage-fills-redis',
  title:
    'Postgres is unavailable until Redis is full; then it is available again, and the limit of Redis is not raised. The persister is restarted meanwhile',
  pass: 'Everything drains by itself, new calls are accepted again, and nothing acknowledged is lost.',
  answer:
    'Reports are refused before Redis is full; persisting and committing need no memory; persisted calls are released at once while memory is short.',
  loss: 'nothing: what was refused was not acknowledged',
  quick: false,
  stack: { redis: { maxMemoryBytes: MAX_MEMORY_BYTES } },
  run: async (context) => {
    const { postgres, stack, ledger, redisEye, sql, size } = context;
    const load = context.load({ windowMs: size.windowMs * 2 });
    await sleep(size.windowMs / 3);
    await postgres.stop();
    await fill(context);
    context.note('acknowledged until it was full', ledger.count('acknowledged'));
    // Short of what it holds: as with buffers and copies that grow while the data do not.
    await redisEye.config('SET', 'maxmemory', String(Math.floor((await usedMemory(redisEye)) * 0.97)));
    await sleep(MOMENT_MS);

    await postgres.start();
    const persister = stack.service('persister-1');
    await sleep(MOMENT_MS / 2);
    await persister.stop();
    await sleep(MOMENT_MS);
    await persister.start();
    const isTaken = await until(() => isReportTaken(context), DRAINED_WITHIN_MS);
    context.expect(
      isTaken,
      `no report was accepted within ${DRAINED_WITHIN_MS / 1_000} s of the return of Postgres`,
    );
    await load.finished;
    for (const { problem } of await untilQuiet(context, DRAINED_WITHIN_MS)) context.expect(false, problem);
    await recoveredWithin(context, 10);
    const { rows } = await sql.query<{ count: number }>(
      'select count(*)::integer as count from call_sessions',
    );
    context.note('rows', rows[0]?.count ?? 0);
    context.note('memory at the end', `${((await usedMemory(redisEye)) / MIB).toFixed(0)} MiB`);
  },
};

/** Reports calls of one long turn each until Redis accepts no more. */
async function fill(context: Context): Promise<void> {
  let calls = 0;
  let isFull = false;
  const work = async (): Promise<void> => {
    while (!isFull) {
      calls += 1;
      const { taken } = await reportOnce(context, `CAfiller-${calls}`, [longTurn('e1')]);
      if (taken === 0) isFull = true;
    }
  };
  await Promise.all(Array.from({ length: REPORTS_AT_ONCE }, work));
  context.note('calls that filled it', calls);
}

let attempts = 0;

async function isReportTaken(context: Context): Promise<boolean> {
  attempts += 1;
  return (await reportOnce(context, `CAafter-${attempts}`, [longTurn('e1')])).taken === 1;
}

function longTurn(id: string): AgentMessage {
  return { event: 'turn', id, turn: { speaker: 'user', text: TEXT }, timestamp: Date.now() };
}
