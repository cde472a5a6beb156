import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { readMetric, sumMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';

const PERSISTER = 'persister-1';
const MIB = 1024 * 1024;
/** Beyond this the backlog would be in the memory of the persister, and not in Redis alone. */
const MAX_GROWTH_MIB = 40;
/** Where the lag line becomes a warning. */
const ALERT_AGE_S = 10;

export const slowPersister: Scenario = {
  id: 'F33',
  name: 'slow-persister',
  title: 'Postgres is ten times too slow for what comes in',
  pass: 'The backlog is not in the persister’s memory (40 MiB for its heap to settle), the age is told as a warning, calls notice nothing, and it catches up.',
  answer:
    'The backlog waits in Redis; `oldest_age_ms` in `persister lag` grows, at warn above 10 s, at error above 60 s.',
  loss: 'nothing',
  quick: false,
  stack: { serviceEnv: { persister: { BATCH_CALLS: '5', DATABASE_CONNECTIONS: '1' } } },
  run: async (context) => {
    const { postgresProxy, size, ledger } = context;
    postgresProxy.setFaults({ toClient: { latencyMs: 1_500 } });
    const load = context.load({ calls: size.calls * 4, eventsPerCall: 6, windowMs: size.windowMs * 1.5 });
    await sleep(size.windowMs / 2);
    const warmBytes = await residentBytes(context);
    const grown = await untilAlerted(context, warmBytes);
    await load.finished;
    const cut = ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} calls were cut`);
    context.note('entries behind', await sumMetric(context, 'persister', 'persist_feed_lag_entries'));
    context.note(
      'persister',
      `${(warmBytes / MIB).toFixed(0)} MiB, and ${(grown / MIB).toFixed(0)} more with the backlog`,
    );
    context.expect(
      grown < MAX_GROWTH_MIB * MIB,
      `the persister has grown by ${(grown / MIB).toFixed(0)} MiB`,
    );

    postgresProxy.setFaults({});
    const seconds = await context.recovered();
    context.note('caught up in', `${seconds.toFixed(1)} s`);
  },
};

function residentBytes(context: Context): Promise<number> {
  return readMetric(context, PERSISTER, 'process_resident_memory_bytes');
}

/** Waits for the warning. Resolves to the most by which the persister has grown meanwhile. */
async function untilAlerted(context: Context, warmBytes: number): Promise<number> {
  const deadline = performance.now() + 60_000;
  let grown = 0;
  for (;;) {
    grown = Math.max(grown, (await residentBytes(context)) - warmBytes);
    if (await isAlerted(context)) return grown;
    if (performance.now() > deadline) throw new Error('the persister did not warn of its age within 60 s');
    await sleep(500);
  }
}

async function isAlerted({ stack }: Context): Promise<boolean> {
  const lines = (await readFile(path.join(stack.logDir, `${PERSISTER}.log`), 'utf8')).split('\n');
  return lines.some((line) => {
    if (!line.includes('"persister lag"')) return false;
    const { level, oldest_age_ms: ageMs } = JSON.parse(line) as { level: number; oldest_age_ms: number };
    return level >= 40 && ageMs > ALERT_AGE_S * 1_000;
  });
}
