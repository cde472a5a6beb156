import { expect, test } from '@jest/globals';
import { type FeedEntry } from '@turnlog/call-log';
import { CallPersister } from './persist-calls.ts';
import { Suspects } from '../domain/suspects.ts';

const BATCH_CALLS = 8;
const nothing = () => undefined;
const done = () => Promise.resolve();

function lateEntry(number: number): FeedEntry {
  const call = { tenant: 'default', callSid: `CA-${number}` };
  return { partition: 0, id: `1-${number}`, call, seq: 5, reason: 'late' };
}

test('calls whose late events are due at the same time are read no more at once than those of a batch', async () => {
  const reads: number[] = [];
  const settled = new Set<string>();
  const timers: (() => void)[] = [];
  let nowMs = 0;
  const report = new Proxy({}, { get: () => (_calls: number, work?: () => unknown) => work?.() });
  const persister = new CallPersister({
    readPages: (requests) => {
      reads.push(requests.length);
      return Promise.resolve(
        requests.map(({ call }) => ({
          ...{ call, epoch: 'e', lastSeq: 5, persistedSeq: 5 },
          ...{ entries: [{ seq: 5, text: '' }], bytes: 0, isLast: true },
        })),
      );
    },
    commit: (calls) => {
      for (const { call } of calls) settled.add(call.callSid);
      return done();
    },
    writer: { write: () => Promise.resolve([]), archive: () => Promise.reject(new Error('no long call')) },
    letters: { add: done },
    trials: { counts: () => Promise.resolve([]), begin: () => Promise.resolve(1), survive: done },
    ping: done,
    suspects: new Suspects({ maxFailures: 5, minAgeMs: 60_000 }, () => nowMs),
    report: report as ConstructorParameters<typeof CallPersister>[0]['report'],
    limits: { maxRowBytes: 1e6, maxMemoryBytes: 1e6, maxHeldBytes: 1e6 },
    batchCalls: BATCH_CALLS,
    maxWrites: 4,
    gatherLateMs: 1_000,
    onBeat: nothing,
    onTrouble: nothing,
    onLongCall: nothing,
    isStopping: () => false,
    now: () => nowMs,
    startTimer: (_ms, run) => timers.push(run),
  });

  const calls = 5 * BATCH_CALLS;
  await persister.handle(Array.from({ length: calls }, (_, number) => lateEntry(number)));
  expect(reads).toEqual([]);
  nowMs = 1_000;
  for (const run of timers.splice(0)) run();
  await persister.stop();
  expect(settled.size).toBe(calls);
  expect(Math.max(...reads)).toBe(BATCH_CALLS);
});
