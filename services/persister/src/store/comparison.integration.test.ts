import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { callKeys, createPersistedCalls, partitionKeys, partitionOf } from '@turnlog/call-log';
import { createLogger, Lifecycle, Metrics } from '@turnlog/service-kit';
import { captureLines, waitUntil, type TestDatabase } from '@turnlog/test-kit';
import {
  append,
  callOf,
  createMigratedDatabase,
  ended,
  openTestSystem,
  started,
  turn,
  wholeCall,
  type TestSystem,
} from '../service.test-support.ts';
import { Doubt, keepComparing } from './comparison.ts';

let database: TestDatabase;
let system: TestSystem;
const running: Lifecycle[] = [];

beforeAll(async () => {
  database = await createMigratedDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  system = await openTestSystem(database.url);
});
afterEach(async () => {
  for (const lifecycle of running.splice(0)) await lifecycle.stop('the test is over');
  await system.close();
});

function compare(serverRun: () => string = () => 'one', everyMs = 3_600_000) {
  const output = new PassThrough();
  const log = captureLines(output);
  const metrics = new Metrics('persister');
  const logger = createLogger({ service: 'persister', level: 'debug', destination: output });
  const lifecycle = new Lifecycle({ logger });
  running.push(lifecycle);
  const doubt = new Doubt();
  keepComparing({
    calls: createPersistedCalls(system.redis, system.space),
    doubt,
    store: {
      findMissing: (claims) => system.store.findMissing(claims),
      serverRun: () => Promise.resolve(serverRun()),
    },
    logger,
    metrics,
    lifecycle,
    everyMs,
    lookEveryMs: 20,
    minGapMs: 20,
  });
  const comparisons = () => log.lines.filter((line) => line.includes('compared_calls')).length;
  return { doubt, log, metrics, comparisons };
}

/** Postgres without what it committed last of a call. */
async function lose(callSid: string, fromSeq = 1): Promise<void> {
  await system.query('delete from call_event_segments where call_sid = $1 and from_seq >= $2', [
    callSid,
    fromSeq,
  ]);
  if (fromSeq === 1) await system.query('delete from call_sessions where call_sid = $1', [callSid]);
}

test('a call of which Postgres lost the row is persisted again, and its keys expire only then', async () => {
  const call = callOf('CA-lost');
  await system.start();
  await append(system, call, wholeCall('Hello'));
  await system.settled();
  const before = await system.store.readCall(call);
  await lose('CA-lost');

  const { log } = compare();
  const row = await waitUntil(() => system.store.readCall(call), { what: 'the row is there again' });
  await system.settled();

  expect(row).toMatchObject({ version: before?.version, full_transcript: before?.full_transcript });
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
  for (const ms of await system.timesToLive(call)) expect(ms).toBeGreaterThan(3_500_000);
  expect(await log.waitFor('Postgres has lost commits')).toContain('"missing_calls":1');
});

test('a call that went on, and was written since, gets back the stretch of its archive that was lost', async () => {
  const call = callOf('CA-hole');
  await system.start();
  await append(system, call, [started, turn('one'), turn('two')]);
  await system.ask(call, 3, 'checkpoint');
  await system.settled();
  await lose('CA-hole');
  await append(system, call, [turn('three'), ended], 4);
  await system.settled();
  expect(await system.store.verifyCall(call)).toMatchObject({ ok: false });

  compare();
  await waitUntil(async () => (await system.store.verifyCall(call)).ok, { what: 'the archive is whole' });
});

test('what is compared again: when the server is another, when a connection broke, and after a while', async () => {
  let run = 'one';
  const { doubt, comparisons } = compare(() => run);
  await waitUntil(() => comparisons() === 1, { what: 'it compares at the start' });
  run = 'two';
  await waitUntil(() => comparisons() === 2, { what: 'it compares with another server' });
  doubt.raise();
  await waitUntil(() => comparisons() === 3, { what: 'it compares after a broken connection' });
  const often = compare(() => run, 100);
  await waitUntil(() => often.comparisons() > 2, { what: 'it compares from time to time' });
  expect(comparisons()).toBe(3);
});

test('several that find the same ask once, and a call that can not be had back is given up', async () => {
  const call = callOf('CA-thrice');
  await system.start();
  await append(system, call, wholeCall('Hello'));
  await system.settled();
  const calls = createPersistedCalls(system.redis, system.space);
  const claimOf = async () => {
    for await (const claims of calls.claims(100))
      for (const claim of claims) if (claim.call.callSid === call.callSid) return claim;
    throw new Error('Redis says nothing of the call');
  };
  const claim = await claimOf();
  expect([await calls.askAgain(claim), await calls.askAgain(claim)]).toEqual(['asked', 'changed']);
  for (const expected of ['asked', 'asked', 'given_up']) {
    await system.settled();
    expect(await calls.askAgain(await claimOf())).toBe(expected);
  }
  const { log } = callKeys(system.space, call);
  await system.redis.del(log);
  expect(await calls.askAgain(await claimOf())).toBe('no_log');
});

test('calls that are whole, damaged, erased or without an archive are left alone', async () => {
  await system.start();
  for (const sid of ['CA-whole', 'CA-kept']) await append(system, callOf(sid), wholeCall('Hello'));
  const damaged = callOf('CA-damaged');
  const { log, head } = callKeys(system.space, damaged);
  await append(system, damaged, [started, turn('Hello')]);
  await system.redis.pipeline().xadd(log, '3-0', 'e', '{"v":1,"id":"half').hset(head, 'seq', 3).exec();
  await append(system, damaged, [ended], 3);
  await system.settled();
  await system.query(`update call_sessions set archive_removed_at = now() where call_sid = 'CA-kept'`);
  await system.query(`delete from call_event_segments where call_sid = 'CA-kept'`);
  await system.redis.hset(callKeys(system.space, callOf('CA-erased')).head, 'erased', 1);
  await system.redis.set(callKeys(system.space, callOf('CA-foreign')).head, 'x');

  const { comparisons, metrics } = compare();
  await waitUntil(() => comparisons() === 1, { what: 'it has compared' });
  expect(await metrics.text()).not.toMatch(/persist_missing_calls_total\{/);
  expect(await metrics.text()).toMatch(/persist_compared_calls_total(\{[^}]*\})? 3/);
  const { persist } = partitionKeys(system.space, partitionOf(system.space, damaged));
  expect(await system.redis.xlen(persist)).toBe(0);
});
