import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { callKeys } from '@turnlog/call-log';
import { waitUntil, type TestDatabase } from '@turnlog/test-kit';
import {
  append,
  appendUnordered,
  callOf,
  createMigratedDatabase,
  ended,
  openTestSystem,
  started,
  turn,
  wholeCall,
  type TestSystem,
} from './persister.test-support.ts';

let database: TestDatabase;
let system: TestSystem;

beforeAll(async () => {
  database = await createMigratedDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  system = await openTestSystem(database.url);
});
afterEach(() => system.close());

const seconds = (ms: number) => ms * 1000;

test('a call that ended gets its row, and then its keys their time to live', async () => {
  const call = callOf('CA-ended');
  const { log, counted } = await system.start();
  await append(system, call, wholeCall('Hello', 'Around 50 lakhs'));

  const row = await waitUntil(() => system.store.readCall(call), { what: 'the row is there' });
  expect(row).toMatchObject({ status: 'completed', version: 5, collected_data: { budget: 5_000_000 } });
  expect(row.full_transcript.map(({ text }) => text)).toEqual(['Hello', 'Around 50 lakhs']);
  await untilSettled();
  expect(await ttlOf(call.callSid)).toBeGreaterThan(seconds(3_000));
  expect(await system.store.verifyCall(call)).toEqual({ ok: true });
  expect(await counted('written')).toBe(1);
  expect(await log.waitFor('Persisting transcript to database')).toContain('"exchanges":2');
  expect(await log.waitFor('Persisting collected data to database')).toContain('"fields":["budget"]');
  expect(await log.waitFor('Session successfully persisted to database')).toContain('"call_sid":"CA-ended"');
});

async function untilSettled(): Promise<void> {
  await waitUntil(async () => (await feedLength()) === 0, { what: 'the persist feed is empty' });
}

async function feedLength(): Promise<number> {
  const { prefix } = system.space;
  const lengths = await Promise.all(['00', '01'].map((p) => system.redis.xlen(`${prefix}{p${p}}:persist`)));
  return lengths.reduce((sum, length) => sum + length, 0);
}

function ttlOf(callSid: string): Promise<number> {
  return system.redis.pttl(callKeys(system.space, callOf(callSid)).log);
}
