import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CallKey } from '@turnlog/call-events';
import { createTestDatabase, waitUntil, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { migrate } from '../schema/migrate.ts';
import { eventOf, sampleEvents, writeOf } from '../testing/sample-call.ts';
import { createCarrierStore, type CarrierStore } from './carrier-store.ts';

let database: TestDatabase;
let calls: CallStore;
let store: CarrierStore;
let other: CarrierStore;
let client: pg.Client;
let count = 0;
let tenant: string;

beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  calls = createCallStore({ databaseUrl: database.url });
  store = createCarrierStore({ databaseUrl: database.url });
  other = createCarrierStore({ databaseUrl: database.url });
  client = new pg.Client(database.url);
  await client.connect();
});

beforeEach(() => {
  count += 1;
  tenant = `tenant-${count}`;
});

afterAll(async () => {
  await client.end();
  await Promise.all([calls.close(), store.close(), other.close()]);
  await database.drop();
});

const ENROL = { maxAgeMs: 3_600_000, firstCheckMs: 180_000 };
const CLAIM = { limit: 100, leaseMs: 60_000 };

async function writeCall(callSid: string): Promise<CallKey> {
  const call = { tenant, callSid };
  await calls.writeCalls([writeOf(call, sampleEvents(call))]);
  return call;
}

/** The leases of claimed calls are over. */
async function passMinute(): Promise<void> {
  await client.query(
    `update call_reconciliations set due_at = due_at - interval '1 minute' where tenant = '${tenant}'`,
  );
}

describe('the price', () => {
  it('is stored with all its digits, and can be verified', async () => {
    const call = { tenant, callSid: 'CA-price' };
    const priced = eventOf(call, 8, 'call.status_reported', { status: 'completed', price: '1.250000' });
    await calls.writeCalls([writeOf(call, [...sampleEvents(call), priced])]);
    expect((await calls.readCall(call))?.price).toBe('1.250000');
    expect(await calls.verifyCall(call)).toEqual({ ok: true });
    await client.query(`update call_sessions set price = 1.26 where tenant = '${tenant}'`);
    expect(await calls.verifyCall(call)).toMatchObject({ differences: [{ column: 'price' }] });
  });
});

describe('the list of calls', () => {
  it('returns each call once, when it is due', async () => {
    const call = await writeCall('CA-1');
    expect(await store.enrolCalls(tenant, ENROL)).toBe(1);
    expect(await other.enrolCalls(tenant, ENROL)).toBe(0);
    const [due] = await store.claimDueCalls(tenant, CLAIM);
    expect(due).toMatchObject({ call, checks: 0, failures: 0, status: 'completed' });
    expect(due?.endedMsAgo).toBeGreaterThan(0);
    expect(due?.ageMs).toBeLessThan(60_000);
  });

  it('does not include calls that are older than requested, or of another tenant', async () => {
    await writeCall('CA-1');
    await client.query(
      `update call_sessions set created_at = now() - interval '2 hours' where tenant = '${tenant}'`,
    );
    expect(await store.enrolCalls(tenant, ENROL)).toBe(0);
    expect(await store.enrolCalls('another', ENROL)).toBe(0);
  });

  it('leases a call to one replica at a time', async () => {
    for (let n = 0; n < 20; n += 1) await writeCall(`CA-${n}`);
    await store.enrolCalls(tenant, ENROL);
    const claims = await Promise.all(
      [store, other, store, other].map((each) => each.claimDueCalls(tenant, { limit: 10, leaseMs: 60_000 })),
    );
    const sids = claims.flat().map(({ call }) => call.callSid);
    expect([sids.length, new Set(sids).size]).toEqual([20, 20]);
  });

  it('does not wait for a replica that is claiming one', async () => {
    await writeCall('CA-1');
    await writeCall('CA-2');
    await store.enrolCalls(tenant, ENROL);
    await client.query('begin');
    await client.query(
      `select from call_reconciliations where tenant = '${tenant}' and call_sid = 'CA-1' for update`,
    );
    try {
      const claimed = await store.claimDueCalls(tenant, CLAIM);
      expect(claimed.map(({ call }) => call.callSid)).toEqual(['CA-2']);
    } finally {
      await client.query('rollback');
    }
  });

  it('returns a call whose replica died again when its lease is over', async () => {
    await writeCall('CA-1');
    await store.enrolCalls(tenant, ENROL);
    expect(await store.claimDueCalls(tenant, CLAIM)).toHaveLength(1);
    await passMinute();
    expect(await other.claimDueCalls(tenant, CLAIM)).toHaveLength(1);
    expect(await store.claimDueCalls(tenant, CLAIM)).toHaveLength(0);
  });

  it('keeps the results, and drops a call that is settled', async () => {
    const call = await writeCall('CA-1');
    await store.enrolCalls(tenant, ENROL);
    await store.saveReconciliation(call, {
      state: 'due',
      dueInMs: 0,
      checks: 1,
      failures: 2,
      problem: 'HTTP 500',
    });
    expect(await store.countDueCalls(tenant)).toBe(1);
    expect(await store.claimDueCalls(tenant, CLAIM)).toMatchObject([{ checks: 1, failures: 2 }]);
    await store.saveReconciliation(call, { state: 'settled', dueInMs: 0, checks: 2, failures: 0 });
    expect(await store.claimDueCalls(tenant, CLAIM)).toEqual([]);
    expect(await store.enrolCalls(tenant, ENROL)).toBe(0);
  });
});

describe('the request budget', () => {
  const account = () => `account-${count}`;

  it('is shared by all replicas', async () => {
    const limit = { perMinute: 1, burst: 5 };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? store : other).takeRequest(account(), limit)),
    );
    expect(answers.filter((waitMs) => waitMs === 0)).toHaveLength(5);
    expect(Math.max(...answers)).toBeLessThanOrEqual(60_001);
  });

  it('fills up again', async () => {
    const limit = { perMinute: 6_000, burst: 1 };
    expect(await store.takeRequest(account(), limit)).toBe(0);
    await waitUntil(async () => (await store.takeRequest(account(), limit)) === 0, {
      what: 'there is one more',
    });
  });

  it('is closed for all replicas while the carrier says so', async () => {
    const limit = { perMinute: 60_000, burst: 100 };
    await store.takeRequest(account(), limit);
    await store.blockRequests(account(), 60_000);
    await store.blockRequests(account(), 10);
    const waitMs = await other.takeRequest(account(), limit);
    expect(waitMs).toBeGreaterThan(10);
    expect(waitMs).toBeLessThanOrEqual(60_000);
  });

  it("is open again when the carrier's time is over", async () => {
    const limit = { perMinute: 60_000, burst: 100 };
    await store.takeRequest(account(), limit);
    await store.blockRequests(account(), 100);
    await waitUntil(async () => (await other.takeRequest(account(), limit)) === 0, {
      what: 'it is open again',
    });
  });
});

describe('a placement', () => {
  const placement = (reference: string, dueInMs = 0) => ({
    reference,
    tenant,
    dialled: '+919800000001',
    callerId: '08047000001',
    dueInMs,
  });
  const stored = async (reference: string) => {
    const { rows } = await client.query<Record<string, unknown>>(
      `select state, dialled, call_sid from call_placements where reference = '${reference}'`,
    );
    return rows[0];
  };

  it('without an answer is looked for by one replica', async () => {
    await store.recordPlacement(placement(`${tenant}-a`));
    const [claimed, second] = [
      await store.claimPlacements(tenant, CLAIM),
      await other.claimPlacements(tenant, CLAIM),
    ];
    expect(claimed).toMatchObject([{ reference: `${tenant}-a`, dialled: '+919800000001', checks: 0 }]);
    expect(second).toEqual([]);
  });

  it('drops the numbers as soon as its outcome is known, and the outcome stays', async () => {
    const reference = `${tenant}-b`;
    await store.recordPlacement(placement(reference));
    await store.savePlacement(reference, { state: 'may_exist', problem: 'time-out', dueInMs: 0, checks: 1 });
    expect(await stored(reference)).toMatchObject({ state: 'may_exist', dialled: '+919800000001' });
    await store.savePlacement(reference, { state: 'found', callSid: 'CA-9' });
    await store.savePlacement(reference, { state: 'not_found', problem: 'none' });
    await store.savePlacement(reference, { state: 'may_exist', problem: 'late', dueInMs: 0, checks: 2 });
    expect(await stored(reference)).toEqual({ state: 'found', dialled: null, call_sid: 'CA-9' });
    expect(await store.claimPlacements(tenant, CLAIM)).toEqual([]);
    expect(await store.takenCallSids(tenant, ['CA-9', 'CA-10'])).toEqual(new Set(['CA-9']));
  });
});
