import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { readMetric, sumMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';
import { steadyInput } from './steady-input.ts';
import { median, watchFigures, type FigureWatch, type Stretch } from './watch-figures.ts';

/** Until the heaps of services under full input have reached their size. */
const SETTLE_MS = 75_000;
const CALLS_AT_ONCE = 150;
const DEFAULT_SLOW_MINUTES = 2.5;
/** A level is the median of this time: garbage collections must not count. */
const WINDOW_MS = 30_000;
/** A gateway keeps ended calls that are not in Postgres for this time: during it its memory may grow. */
const RETAIN_MS = 30_000;
/** The time for a process's heap to reach its level: before that it has more garbage. */
const HEAP_SETTLES_MS = 60_000;
const MAX_GROWTH = 0.1;
const LOOK_EVERY_MS = 1_000;
const MIB = 1024 * 1024;
/**
 * The services that could hold the backlog, and from when on after Postgres became slow their memory must not
 * grow.
 */
const HOLDERS = [
  { service: 'persister-1', flatFromMs: -WINDOW_MS },
  { service: 'session-1', flatFromMs: -WINDOW_MS },
  { service: 'gateway-1', flatFromMs: RETAIN_MS + HEAP_SETTLES_MS },
] as const;
/** The limit at which the lag line becomes a warning. */
const ALERT_AGE_S = 10;

export const slowPersister: Scenario = {
  id: 'F33',
  name: 'slow-persister',
  title: 'Postgres is ten times too slow for the full input',
  pass: 'The memory of every service is constant (+10 %) while the backlog grows, the age is logged as a warning, calls are unaffected, and the backlog is worked off.',
  answer:
    'The backlog waits in Redis; `oldest_age_ms` in `persister lag` grows, logged at warn above 10 s and at error above 60 s.',
  loss: 'nothing',
  quick: false,
  alone: true,
  expectations: { quietWithinMs: 120_000 },
  stack: {
    redis: { maxMemoryBytes: 256 * MIB },
    serviceEnv: {
      // Heartbeats, checkpoints and the cache as in production, except for its size: it is full before
      // anything is measured.
      gateway: { HEARTBEAT_MS: '10000', RETAIN_AFTER_CLOSE_MS: String(RETAIN_MS) },
      session: { LOST_AFTER_MS: '45000', CHECKPOINT_EVERY_MS: '30000', CACHE_MAX_CALLS: '500' },
      persister: { BATCH_CALLS: '5', DATABASE_CONNECTIONS: '1' },
    },
  },
  run: async (context) => {
    const { postgresProxy, ledger, size } = context;
    const slowMs = (size.minutes ?? DEFAULT_SLOW_MINUTES) * 60_000;
    const input = steadyInput(context, {
      callsAtOnce: CALLS_AT_ONCE,
      callMs: size.windowMs,
      eventsPerCall: 6,
    });
    const watched = watchFigures(
      context,
      HOLDERS.map(({ service }) => service),
      LOOK_EVERY_MS,
    );
    await sleep(SETTLE_MS);
    const before = await countCalls(context);
    postgresProxy.setFaults({ toClient: { latencyMs: 1_500 } });
    const slowAtMs = performance.now();
    await sleep(slowMs);
    const after = await countCalls(context);
    const endMs = performance.now();
    context.note('entries behind', await sumMetric(context, 'persister', 'persist_feed_lag_entries'));
    context.note(
      'persisted meanwhile',
      `${after.persisted - before.persisted} of ${after.ended - before.ended} calls`,
    );
    context.expect(await isAlerted(context), 'the persister did not warn of its age');
    await watched.stop();
    for (const { service, flatFromMs } of HOLDERS) {
      const fromMs = slowAtMs + flatFromMs;
      const level = levelMiB(watched, service, { fromMs, toMs: fromMs + WINDOW_MS });
      const last = levelMiB(watched, service, { fromMs: endMs - WINDOW_MS, toMs: endMs });
      const told = `from ${level.toFixed(0)} to ${last.toFixed(0)} MiB`;
      context.note(service, told);
      context.expect(last <= level * (1 + MAX_GROWTH), `${service} has grown ${told}`);
    }

    postgresProxy.setFaults({});
    await input.stop();
    const cut = ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} calls were cut`);
    const seconds = await context.recovered();
    context.note('caught up in', `${seconds.toFixed(1)} s`);
  },
};

function levelMiB(watched: FigureWatch, service: string, within: Stretch): number {
  return median(watched.seen(service, 'process_resident_memory_bytes', within)) / MIB;
}

async function countCalls(context: Context): Promise<{ readonly ended: number; readonly persisted: number }> {
  const persisted = await readMetric(context, 'persister-1', 'end_to_persist_seconds_count');
  const ended = context.ledger.calls().filter(({ lineEnds }) => lineEnds.length > 0).length;
  return { ended, persisted };
}

async function isAlerted({ stack }: Context): Promise<boolean> {
  const lines = (await readFile(path.join(stack.logDir, 'persister-1.log'), 'utf8')).split('\n');
  return lines.some((line) => {
    if (!line.includes('"persister lag"')) return false;
    const { level, oldest_age_ms: ageMs } = JSON.parse(line) as { level: number; oldest_age_ms: number };
    return level >= 40 && ageMs > ALERT_AGE_S * 1_000;
  });
}
