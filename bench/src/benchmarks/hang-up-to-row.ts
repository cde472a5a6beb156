/*
 * Ours: from the stop frame that a client sends on the real gateway's socket to the call's row being visible as completed
 * on another connection to Postgres, which is asked every millisecond; all three services run, and nothing else happens.
 * What asking adds is not taken off.
 * Yardstick: the least that must happen in between, one after the other: one round trip to Redis (a one-entry XADD) and
 * one commit of a single row of the same table. The median of each on the same servers, idle too.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { sampleCall } from '../load/sample-call.ts';
import { placeSimpleCall } from '../load/simple-call.ts';
import { toStoredCall } from '../load/stored-call.ts';
import { unnestInsert } from '../load/unnest-insert.ts';
import { startService } from '../processes/service.ts';
import { type Servers } from '../servers.ts';
import { median } from '../statistics.ts';

const CALLS = 60;
const IDLE_MS = 50;
const ASK_EVERY_MS = 1;
const TIMEOUT_MS = 30_000;

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
  const calls = size(CALLS);
  let count = 0;
  return {
    ours: async () => {
      const timesMs: number[] = [];
      for (let n = 0; n < calls; n += 1)
        timesMs.push(await timeOneCall(servers, gateway.port, `CA${++count}`));
      return { value: median(timesMs) };
    },
    yardstick: () => measureParts(servers, calls),
    close: async () => {
      await gateway.stop();
      await session.stop();
      await persister.stop();
    },
  };
}

async function timeOneCall(servers: Servers, gatewayPort: number, callSid: string): Promise<number> {
  const call = await placeSimpleCall(gatewayPort, callSid);
  await delay(IDLE_MS);
  const beganAt = performance.now();
  call.hangUp();
  while (!(await isCompleted(servers, callSid))) {
    if (performance.now() - beganAt > TIMEOUT_MS) throw new Error(`the row of ${callSid} did not appear`);
    await delay(ASK_EVERY_MS);
  }
  const tookMs = performance.now() - beganAt;
  call.close();
  return tookMs;
}

async function isCompleted({ pool }: Servers, callSid: string): Promise<boolean> {
  const text = `select from call_sessions where tenant = 'default' and call_sid = $1 and status = 'completed'`;
  const { rowCount } = await pool.query({ name: 'is-completed', text, values: [callSid] });
  return rowCount === 1;
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
