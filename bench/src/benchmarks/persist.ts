/*
 * Ours: the real persister. It reads the logs of calls of 24 events, checks and folds every event, writes
 * rows and archive, and acknowledges. Yardstick: a client that has the same rows and segments ready, with
 * every column made and every JSON text encoded beforehand, and inserts them with one `unnest` each, both in
 * one statement that is one commit, in batches of the persister's size, one after another.
 *
 * More than fair to the yardstick: it decodes nothing, folds nothing, checks for no duplicate, and reads no
 * Redis.
 */
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { openPersisterDrain } from '../load/persister-drain.ts';
import { sampleCall } from '../load/sample-call.ts';
import { toStoredCall, type StoredCall } from '../load/stored-call.ts';
import { unnestInsert } from '../load/unnest-insert.ts';
import { clearCalls, type Servers } from '../servers.ts';

const CALLS = 4_000;
const EVENTS_PER_CALL = 24;
const BATCH_CALLS = 100;

export const persist: Benchmark = {
  name: 'persist',
  compares:
    'the persister, from log to row and archive ÷ the same rows and segments, ready-made, with unnest',
  unit: 'calls/s',
  betterIs: 'higher',
  target: 0.4,
  aim: 0.7,
  rounds: 7,
  warmUpRounds: 3,
  open,
};

async function open({ servers, size }: Bench): Promise<Contest> {
  const drain = await openPersisterDrain(servers);
  const calls = Array.from({ length: size(CALLS) }, (_, n) =>
    sampleCall(`CA${n}`, { events: EVENTS_PER_CALL }),
  );
  const stored = calls.map(toStoredCall);
  const insert = await createInsert(servers, stored);
  return {
    ours: () => drain.measure(calls),
    yardstick: () => measureInserts(servers, stored, insert),
    close: () => drain.close(),
  };
}

type Insert = (batch: readonly StoredCall[]) => Promise<unknown>;

async function createInsert({ pool }: Servers, [sample]: readonly StoredCall[]): Promise<Insert> {
  if (sample === undefined) throw new Error('there is no call to insert');
  const segments = await unnestInsert(pool, 'call_event_segments', { ...sample.segment });
  const rows = await unnestInsert(pool, 'call_sessions', { ...sample.row });
  const text = `with archived as (${segments.sql(1)}) ${rows.sql(1 + segments.parameterCount)}`;
  return (batch) => {
    const segmentParameters = segments.parameters(batch.map(({ segment }) => ({ ...segment })));
    const rowParameters = rows.parameters(batch.map(({ row }) => ({ ...row })));
    return pool.query({ name: 'insert-calls', text, values: [...segmentParameters, ...rowParameters] });
  };
}

async function measureInserts(
  servers: Servers,
  stored: readonly StoredCall[],
  insert: Insert,
): Promise<Sample> {
  await clearCalls(servers);
  const cpuBefore = process.cpuUsage();
  const beganAt = performance.now();
  for (let start = 0; start < stored.length; start += BATCH_CALLS)
    await insert(stored.slice(start, start + BATCH_CALLS));
  const seconds = (performance.now() - beganAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { value: stored.length / seconds, cpuMicros: (user + system) / stored.length };
}
