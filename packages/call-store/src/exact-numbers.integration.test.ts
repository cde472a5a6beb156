import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExactNumber, encodeEvent, stringifyJson } from '@turnlog/call-events';
import type pg from 'pg';
import { type CallStore } from './call-store.ts';
import { eventOf, writeOf } from './testing/sample-call.ts';
import { openTestStore, type TestStore } from './testing/test-store.ts';

let opened: TestStore;
let store: CallStore;
let client: pg.Client;

beforeAll(async () => {
  opened = await openTestStore();
  ({ store, client } = opened);
});

afterAll(() => opened.close());

const NUMBERS: Readonly<Record<string, string>> = {
  account: '1234567890123456789',
  budget: '50000000000000000001',
  fraction: '-0.1234567890123456789',
  limit: '1e400',
  tiny: '1e-400',
  zero: '-0',
  price: '10.50',
  plain: '7',
};

async function stored(callSid: string) {
  const call = { tenant: 'acme', callSid };
  const fields = Object.fromEntries(
    Object.entries(NUMBERS).map(([name, digits]) => [name, new ExactNumber(digits)]),
  );
  const events = [eventOf(call, 1, 'data.collected', { fields })];
  await store.writeCalls([writeOf(call, events)]);
  return { call, events };
}

describe('numbers beyond a JavaScript number', () => {
  it('are in the row with their values, and in the archive as their exact texts', async () => {
    const { call, events } = await stored('CA1');
    const { rows } = await client.query<{ name: string; value: string }>(
      `select name, value from call_sessions, jsonb_each_text(collected_data) as field (name, value)
       where call_sid = 'CA1'`,
    );
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual({
      ...NUMBERS,
      limit: `1${'0'.repeat(400)}`,
      tiny: `0.${'0'.repeat(399)}1`,
      // Postgres has one zero.
      zero: '0',
    });
    expect(await store.readArchive(call)).toEqual(events.map(encodeEvent));
  });

  it('are read with all their digits', async () => {
    const { call } = await stored('CA2');
    const row = await store.readCall(call);
    const text = stringifyJson(row?.collected_data);
    for (const name of ['account', 'budget', 'fraction', 'price', 'plain'])
      expect(text).toContain(`"${name}":${NUMBERS[name]}`);
    expect(text).toContain(`"limit":1${'0'.repeat(400)}`);
  });

  it('are verified, and a changed digit is found', async () => {
    const { call } = await stored('CA3');
    expect(await store.verifyCall(call)).toEqual({ ok: true });
    await client.query(
      `update call_sessions set collected_data = jsonb_set(collected_data, '{account}', '1234567890123456788')
       where call_sid = 'CA3'`,
    );
    expect(await store.verifyCall(call)).toEqual({
      ok: false,
      differences: [{ column: 'collected_data', problem: 'it differs from the archive, first at .account' }],
    });
  });
});
