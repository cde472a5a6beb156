/*
 * Ours: from the client's stop frame on the real gateway's socket to the call's row being visible as
 * completed: a trigger notifies another connection to Postgres when the commit is visible. The time of the
 * notification is included. All three services run without other load. Yardstick: the minimum of work in
 * between, in sequence: one round trip to Redis (a one-entry XADD) and one commit of a single row of the same
 * table. The median of each on the same servers, idle too.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { sampleCall } from '../load/sample-call.ts';
import { listenForRows, type RowListener } from '../load/row-listener.ts';
import { placeSimpleCall } from '../load/simple-call.ts';
import { toStoredCall } from '../load/stored-call.ts';
import { unnestInsert } from '../load/unnest-insert.ts';
import { startService } from '../processes/service.ts';
import { type Servers } from '../servers.ts';
import { median } from '../statistics.ts';

const CALLS = 60;
const IDLE_MS = 50;

export const hangUpToRow: Benchmark = {
  name: 'hang-up-to-row',
  compares: 'hang-up to visible row, idle, p50 ÷ one Redis round trip + one single-row commit',
  unit: 'ms',
  betterIs: 'lower',
  target: 4,
  rounds: 3,
  warmUpRounds: 1,
  open,
};

async function open({ servers, size }: Bench): Promise<Contest> {
  const gateway = await startService('stream-gateway', servers);
  const session = await startService('session', servers);
  const persister = await startService('persister', servers);
  const listener = await listenForRows(servers);
  const calls = size(CALLS);
  let count = 0;
  return {
    ours: async () => {
      const timesMs: number[] = [];
      for (let n = 0; n < calls; n += 1)
        timesMs.push(await timeOneCall(listener, gateway.port, `CA${++count}`));
      return { value: median(timesMs) };
    },
    yardstick: () => measureParts(servers, calls),
    close: async () => {
      await gateway.stop();
      await session.stop();
      await persister.stop();
      await listener.close();
    },
  };
}

async function timeOneCall(listener: RowListener, gatewayPort: number, callSid: string): Promise<number> {
  const call = await placeSimpleCall(gatewayPort, callSid);
  await delay(IDLE_MS);
  const completed = listener.completed(callSid);
  const tookMs = await timed(() => {
    call.hangUp();
    return completed;
  });
  call.close();
  return tookMs;
}

async function measureParts({ redis, pool }: Servers, times: number): Promise<Sample> {
  const { row } = toStoredCall(sampleCall('CA-single', { events: 24 }));
  const insert = await unnestInsert(pool, 'call_sessions', { ...row });
  const redisMs: number[] = [];
  const commitMs: number[] = [];
  for (let n = 0; n < times; n += 1) {
    const values = insert.parameters([{ ...row, call_sid: `CA-single-${performance.now()}` }]);
    await delay(IDLE_MS);
    redisMs.push(await timed(() => redis.xadd('single', '*', 'e', 'one entry')));
    commitMs.push(await timed(() => pool.query({ name: 'insert-one', text: insert.sql(1), values })));
  }
  return { value: median(redisMs) + median(commitMs) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now();
  await work();
  return performance.now() - beganAt;
}
