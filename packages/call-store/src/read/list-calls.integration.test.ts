import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEvent, type CallKey } from '@turnlog/call-events';
import { createTestDatabase, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { migrate } from '../schema/migrate.ts';
import { sampleEvents, writeOf } from '../testing/sample-call.ts';

const HOUR_MS = 3_600_000;
const NOON_MS = Date.parse('2026-01-25T12:00:00.000Z');

let database: TestDatabase;
let store: CallStore;

beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 2 });
  const atNoon = (tenant: string, callSid: string) => ringing({ tenant, callSid }, NOON_MS);
  const anHourLater = (tenant: string, callSid: string) => ringing({ tenant, callSid }, NOON_MS + HOUR_MS);
  const completed = { tenant: 'acme', callSid: 'CA-morning' };
  await store.writeCalls([
    writeOf(completed, sampleEvents(completed)),
    atNoon('acme', 'CA-noon'),
    atNoon('other', 'CA-both'),
    anHourLater('acme', 'CA-both'),
  ]);
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

function ringing(call: CallKey, atMs: number) {
  const event = createEvent(
    'call.status_reported',
    { status: 'ringing' },
    { call, source: 'webhook', atMs, id: `${call.callSid}-ringing` },
  );
  return writeOf(call, [event]);
}

async function listed(filter?: Parameters<CallStore['listCalls']>[0]): Promise<string[]> {
  return (await store.listCalls(filter)).map(({ tenant, call_sid }) => `${tenant}/${call_sid}`);
}

describe('a list of calls', () => {
  it('begins with the latest', async () => {
    expect(await listed()).toEqual(['acme/CA-both', 'acme/CA-noon', 'other/CA-both', 'acme/CA-morning']);
  });

  it('ends at its limit', async () => {
    expect(await listed({ last: 1 })).toEqual(['acme/CA-both']);
  });

  it('filters by tenant, status, outcome and time', async () => {
    expect(await listed({ tenant: 'other' })).toEqual(['other/CA-both']);
    expect(await listed({ status: 'completed' })).toEqual(['acme/CA-morning']);
    expect(await listed({ outcome: 'qualified' })).toEqual(['acme/CA-morning']);
    expect(await listed({ since: new Date(NOON_MS + 1) })).toEqual(['acme/CA-both']);
  });

  it('has the number of turns without the transcript', async () => {
    const [call] = await store.listCalls({ status: 'completed' });
    expect(call).toMatchObject({ turns: 2, duration_seconds: 6, outcome: 'qualified' });
    expect(call).not.toHaveProperty('full_transcript');
  });
});

describe('a call', () => {
  it('can be read by its sid alone', async () => {
    expect(await store.readCall('CA-noon')).toMatchObject({ tenant: 'acme', status: 'ringing' });
    expect(await store.readCall('CA-unknown')).toBeUndefined();
  });

  it('must be named by its tenant if several tenants have its sid', async () => {
    await expect(store.readCall('CA-both')).rejects.toMatchObject({ code: 'ambiguous_call' });
    expect(await store.readCall({ tenant: 'other', callSid: 'CA-both' })).toMatchObject({ tenant: 'other' });
  });
});

describe('the keys of all calls', () => {
  it('are counted and returned, each once', async () => {
    expect(await store.countCalls()).toBe(4);
    expect(await allKeys(store)).toEqual([
      'acme/CA-both',
      'acme/CA-morning',
      'acme/CA-noon',
      'other/CA-both',
    ]);
  });

  it('are read over many pages, with those of lost rows', async () => {
    const large = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
    const largeStore = createCallStore({ databaseUrl: large.url, maxConnections: 1 });
    const client = new pg.Client(large.url);
    await client.connect();
    const calls = Array.from({ length: 2_500 }, (_, index) => ({ tenant: 'acme', callSid: `CA${index}` }));
    await largeStore.writeCalls(calls.map((call) => ringing(call, NOON_MS)));
    await client.query(`delete from call_sessions where call_sid like '%7'`);
    expect(await allKeys(largeStore)).toEqual(calls.map(({ callSid }) => `acme/${callSid}`).sort());
    await client.end();
    await largeStore.close();
    await large.drop();
  });
});

async function allKeys(from: CallStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { tenant, callSid } of from.callKeys()) keys.push(`${tenant}/${callSid}`);
  return keys;
}
