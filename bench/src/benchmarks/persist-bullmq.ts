/*
 * Ours: the real persister, as in `persist`.
 * Yardstick: what a project would build otherwise: a BullMQ worker with one job for each finished call. The job carries
 * the call's row, ready-made; its work is one upsert of that row.
 *
 * Fair: the worker takes 50 jobs at a time over 20 connections to Postgres (fewer jobs are slower; more jobs, or more
 * connections, no faster), removes what is done, and runs in a process that does nothing else. Its jobs were added
 * beforehand. It folds nothing and writes no archive.
 */
import { Queue, Worker } from 'bullmq';
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { openPersisterDrain } from '../load/persister-drain.ts';
import { sampleCall } from '../load/sample-call.ts';
import { toStoredCall, type StoredCall } from '../load/stored-call.ts';
import { clearCalls, type Servers } from '../servers.ts';

const CALLS = 4_000;
const EVENTS_PER_CALL = 24;
const CONCURRENCY = 50;
const QUEUE = 'calls';

export const persistBullmq: Benchmark = {
  name: 'persist-bullmq',
  compares: 'the persister, from log to row and archive ÷ a BullMQ worker with one upsert per job',
  unit: 'calls/s',
  betterIs: 'higher',
  target: 1.5,
  aim: 3,
  rounds: 5,
  warmUpRounds: 1,
  open,
};

async function open({ servers, size }: Bench): Promise<Contest> {
  const drain = await openPersisterDrain(servers);
  const calls = Array.from({ length: size(CALLS) }, (_, n) =>
    sampleCall(`CA${n}`, { events: EVENTS_PER_CALL }),
  );
  const rows = calls.map((call) => toStoredCall(call).row);
  return {
    ours: () => drain.measure(calls),
    yardstick: () => measureJobs(servers, rows),
    close: () => drain.close(),
  };
}

type Row = StoredCall['row'];

async function measureJobs(servers: Servers, rows: readonly Row[]): Promise<Sample> {
  await clearCalls(servers);
  const connection = { url: servers.redisUrl, maxRetriesPerRequest: null };
  const queue = new Queue<Row>(QUEUE, { connection });
  await queue.addBulk(rows.map((data) => ({ name: 'persist', data, opts: { removeOnComplete: true } })));
  const upsert = createUpsert(servers);
  const worker = new Worker<Row>(QUEUE, ({ data }) => upsert(data), {
    connection,
    concurrency: CONCURRENCY,
    autorun: false,
  });
  await worker.waitUntilReady();

  const cpuBefore = process.cpuUsage();
  const beganAt = performance.now();
  const running = worker.run();
  await completed(worker, rows.length);
  const seconds = (performance.now() - beganAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);

  await worker.close();
  await running;
  await queue.obliterate({ force: true });
  await queue.close();
  return { value: rows.length / seconds, cpuMicros: (user + system) / rows.length };
}

function createUpsert({ pool }: Servers) {
  return async (row: Row): Promise<void> => {
    const columns = Object.keys(row);
    const values = columns.map((_, index) => `$${index + 1}`);
    const updates = columns.slice(2).map((column) => `${column} = excluded.${column}`);
    const text = `
      insert into call_sessions (${columns.join(', ')}) values (${values.join(', ')})
      on conflict (tenant, call_sid) do update set ${updates.join(', ')}
      where excluded.version > call_sessions.version`;
    await pool.query({ name: 'upsert-call', text, values: Object.values(row) });
  };
}

function completed(worker: Worker<Row>, jobs: number): Promise<void> {
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
