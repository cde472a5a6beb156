/*
 * Ours: the real persister, as in `persist`. Yardstick: what a project would build otherwise: a BullMQ worker
 * with one job for each finished call. The job contains the data to store, prepared: the call's row and its
 * events. Its work is one upsert, one statement that is one commit. `persist-bullmq-row` is the same without
 * the events: a queue without an archive, and without a log to fold again.
 *
 * Fair: the worker takes 50 jobs at a time over 20 connections to Postgres (fewer jobs are slower; more jobs,
 * or more connections, no faster), removes finished jobs, and has a process of its own. Its jobs were added
 * beforehand. It decodes no event and folds nothing.
 */
import { createHash } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { openPersisterDrain } from '../load/persister-drain.ts';
import { sampleCall } from '../load/sample-call.ts';
import { toStoredCall, type StoredCall } from '../load/stored-call.ts';
import { clearCalls, type Servers } from '../servers.ts';

/** Enough that the first and the last batch, in which one of the processes is idle, do not weigh. */
const CALLS = 8_000;
const EVENTS_PER_CALL = 24;
const CONCURRENCY = 50;
const QUEUE = 'calls';

const measured = {
  unit: 'calls/s',
  betterIs: 'higher',
  rounds: 5,
  warmUpRounds: 3,
} satisfies Partial<Benchmark>;

export const persistBullmq: Benchmark = {
  ...measured,
  name: 'persist-bullmq',
  compares: 'the persister, from log to row and archive ÷ a BullMQ worker with one upsert of both per job',
  target: 1.5,
  aim: 3,
  open: (bench) => open(bench, upsertRowAndEvents),
};

export const persistBullmqRow: Benchmark = {
  ...measured,
  name: 'persist-bullmq-row',
  compares: 'the persister, from log to row and archive ÷ a BullMQ worker that upserts rows alone',
  open: (bench) => open(bench, upsertRow),
};

/** The statement of one job. */
type Upsert = (stored: StoredCall) => { readonly text: string; readonly values: unknown[] };

async function open({ servers, size }: Bench, upsert: Upsert): Promise<Contest> {
  const drain = await openPersisterDrain(servers);
  const calls = Array.from({ length: size(CALLS) }, (_, n) =>
    sampleCall(`CA${n}`, { events: EVENTS_PER_CALL }),
  );
  const jobs = calls.map((call) => upsert(toStoredCall(call)));
  return {
    ours: () => drain.measure(calls),
    yardstick: () => measureJobs(servers, jobs),
    close: () => drain.close(),
  };
}

async function measureJobs(servers: Servers, jobs: readonly ReturnType<Upsert>[]): Promise<Sample> {
  await clearCalls(servers);
  const connection = { url: servers.redisUrl, maxRetriesPerRequest: null };
  const queue = new Queue<unknown[]>(QUEUE, { connection });
  const text = jobs[0]?.text ?? '';
  // Prepared once for each connection. The pool outlives a benchmark, and a name belongs to one text.
  const name = createHash('sha1').update(text).digest('hex');
  await queue.addBulk(
    jobs.map(({ values }) => ({ name: 'persist', data: values, opts: { removeOnComplete: true } })),
  );
  const upsert = ({ data }: { readonly data: unknown[] }) => servers.pool.query({ name, text, values: data });
  const worker = new Worker<unknown[]>(QUEUE, upsert, {
    connection,
    concurrency: CONCURRENCY,
    autorun: false,
  });
  await worker.waitUntilReady();

  const cpuBefore = process.cpuUsage();
  const beganAt = performance.now();
  const running = worker.run();
  await completed(worker, jobs.length);
  const seconds = (performance.now() - beganAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);

  await worker.close();
  await running;
  await queue.obliterate({ force: true });
  await queue.close();
  return { value: jobs.length / seconds, cpuMicros: (user + system) / jobs.length };
}

function upsertRow({ row }: StoredCall): ReturnType<Upsert> {
  const columns = Object.keys(row);
  const updates = columns.slice(2).map((column) => `${column} = excluded.${column}`);
  const text = `
    insert into call_sessions (${columns.join(', ')}) values (${placeholders(columns)})
    on conflict (tenant, call_sid) do update set ${updates.join(', ')}
    where excluded.version > call_sessions.version`;
  return { text, values: Object.values(row) };
}

function upsertRowAndEvents(stored: StoredCall): ReturnType<Upsert> {
  const row = upsertRow(stored);
  const columns = Object.keys(stored.segment);
  const text = `
    with archived as (
      insert into call_event_segments (${columns.join(', ')})
      values (${placeholders(columns, row.values.length)})
      on conflict do nothing
    )
    ${row.text}`;
  return { text, values: [...row.values, ...Object.values(stored.segment)] };
}

function placeholders(columns: readonly string[], after = 0): string {
  return columns.map((_, index) => `$${after + index + 1}`).join(', ');
}

function completed(worker: Worker<unknown[]>, jobs: number): Promise<void> {
  let left = jobs;
  return new Promise((resolve, reject) => {
    worker.on('completed', () => {
      left -= 1;
      if (left === 0) resolve();
    });
    worker.on('failed', (_job, error) => reject(error));
    worker.on('error', reject);
  });
}
