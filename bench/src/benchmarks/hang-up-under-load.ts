/*
 * Ours: the 99th percentile of the time from the append of a call's last event to its row being visible,
 * while calls end evenly at half of the persister's rate that was just measured. Yardstick: one second. This
 * is a promise in time, not a ratio of two measurements.
 *
 * The calls' other events are in their logs beforehand, so that only hanging up is measured. Rows are polled
 * every 5 ms, for every eighth call, in one query.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, type Benchmark, type Contest } from '../benchmark.ts';
import { AwaitedRows } from '../load/awaited-rows.ts';
import { createCallWriter } from '../load/call-writer.ts';
import { openPersisterDrain } from '../load/persister-drain.ts';
import { sampleCall, type SampleCall } from '../load/sample-call.ts';
import { clearCalls } from '../servers.ts';
import { percentile } from '../statistics.ts';

const DRAINED_CALLS = 4_000;
const SECONDS = 5;
const EVENTS_PER_CALL = 24;
const LIMIT_MS = 1_000;
const TICK_MS = 5;

export const hangUpUnderLoad: Benchmark = {
  name: 'hang-up-under-load',
  compares: 'hang-up to visible row at half of the top rate of the persister, p99 ÷ one second',
  unit: 'ms',
  betterIs: 'lower',
  target: 1,
  rounds: 3,
  warmUpRounds: 1,
  open,
};

async function open({ servers, size }: Bench): Promise<Contest> {
  const drain = await openPersisterDrain(servers);
  const writer = createCallWriter(servers.redis);
  let callsPerSecond = 0;
  return {
    ours: async () => {
      callsPerSecond = (await drain.measure(makeCalls(size(DRAINED_CALLS)))).value / 2;
      const calls = makeCalls(Math.round(callsPerSecond * Math.max(1, size(SECONDS))));
      await clearCalls(servers);
      await writer.begin(calls);
      const awaited = new AwaitedRows(servers);
      const hangingUp = hangUpEvenly(calls, callsPerSecond, async (due) => {
        for (const { call } of due) awaited.add(call.callSid);
        await writer.end(due);
      });
      await Promise.all([hangingUp, awaited.untilSeen(calls.length)]);
      return { value: percentile(awaited.tookMs, 0.99) };
    },
    yardstick: () => Promise.resolve({ value: LIMIT_MS }),
    remark: () => `at ${Math.round(callsPerSecond)} calls/s`,
    close: () => drain.close(),
  };
}

function makeCalls(count: number): SampleCall[] {
  return Array.from({ length: count }, (_, n) => sampleCall(`CA${n}`, { events: EVENTS_PER_CALL }));
}

/** Every few milliseconds, hangs up the calls that are due, without waiting for earlier ones. */
async function hangUpEvenly(
  calls: readonly SampleCall[],
  callsPerSecond: number,
  hangUp: (due: readonly SampleCall[]) => Promise<void>,
): Promise<void> {
  const beganAt = performance.now();
  const underWay: Promise<void>[] = [];
  for (let done = 0; done < calls.length;) {
    const due = Math.ceil(((performance.now() - beganAt) / 1000) * callsPerSecond);
    if (due > done) underWay.push(hangUp(calls.slice(done, due)));
    done = Math.max(done, due);
    await delay(TICK_MS);
  }
  await Promise.all(underWay);
}
