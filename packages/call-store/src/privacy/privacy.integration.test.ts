import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CallKey } from '@turnlog/call-events';
import { createTestDatabase, waitUntil, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { migrate } from '../schema/migrate.ts';
import { eventOf, sampleEvents, writeOf } from '../testing/sample-call.ts';

let database: TestDatabase;
let store: CallStore;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 3 });
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await store.close();
  await database.drop();
});

let count = 0;
async function newCall(tenant = 'acme'): Promise<CallKey> {
  count += 1;
  const call = { tenant, callSid: `CA${count}` };
  await store.writeCalls([writeOf(call, sampleEvents(call))]);
  return call;
}

async function rowsOf({ tenant, callSid }: CallKey): Promise<number> {
  const tables = ['call_sessions', 'call_event_segments'];
  const counts = tables.map((table) =>
    client.query(`select from ${table} where tenant = $1 and call_sid = $2`, [tenant, callSid]),
  );
  return (await Promise.all(counts)).reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0);
}

describe('an erased call', () => {
  it('has neither row nor archive, and its neighbours have theirs', async () => {
    const [call, other] = [await newCall(), await newCall()];
    expect(await store.privacy.erase(call)).toEqual({ outcome: 'erased', rows: 1, segments: 1 });
    expect(await store.privacy.erase(call)).toEqual({ outcome: 'erased', rows: 0, segments: 0 });
    expect([await rowsOf(call), await rowsOf(other)]).toEqual([0, 2]);
  });

  it('is not written again, whoever still has it', async () => {
    const call = await newCall();
    await store.privacy.erase(call);
    const events = [...sampleEvents(call), eventOf(call, 8, 'stage.changed', { stage: 'late' })];
    const late = writeOf(call, events, { epoch: 'epoch-2' });
    expect(await store.writeCalls([late])).toEqual(['other_epoch']);
    expect(await store.mergeCall({ call, ...late })).toMatchObject({ outcome: 'erased' });
    expect(await rowsOf(call)).toBe(0);
  });

  it('is not left behind by a write that began before', async () => {
    const call = { tenant: 'acme', callSid: 'CA-in-flight' };
    await client.query('begin');
    await client.query(
      `insert into call_sessions (tenant, call_sid, status, version, fold_version, epoch, transcript_sha256)
       values ($1, $2, 'completed', 1, 1, 'e', '')`,
      [call.tenant, call.callSid],
    );
    const erasing = store.privacy.erase(call);
    await waitUntil(async () => (await waiting()) > 0, { what: 'the erasure waits for the write' });
    await client.query('commit');
    expect(await erasing).toMatchObject({ outcome: 'erased', rows: 1 });
    expect(await rowsOf(call)).toBe(0);
  });

  async function waiting(): Promise<number> {
    const observer = new pg.Client(database.url);
    await observer.connect();
    const { rowCount } = await observer.query(
      `select from pg_locks where not granted and mode = 'ShareLock'`,
    );
    await observer.end();
    return rowCount ?? 0;
  }

  it('stays while it is held', async () => {
    const call = await newCall();
    await store.privacy.hold(call, 'case 7');
    expect(await store.privacy.erase(call)).toEqual({ outcome: 'held' });
    expect(await rowsOf(call)).toBe(2);
    expect(await store.privacy.release(call)).toBe(true);
    expect(await store.privacy.erase(call)).toMatchObject({ outcome: 'erased' });
  });
});

describe('retention', () => {
  const before = new Date(Date.now() + 60_000);

  it('takes the archive, and verification tells that from damage', async () => {
    const [call, damaged] = [await newCall('archives'), await newCall('archives-damaged')];
    const step = { tenant: 'archives', what: 'archive', before } as const;
    expect(await store.privacy.countDue(step)).toBe(1);
    expect([await store.privacy.removeDue(step), await store.privacy.removeDue(step)]).toEqual([1, 0]);
    expect(await store.verifyCall(call)).toMatchObject({ ok: true, archiveRemovedAt: expect.any(Date) });
    expect((await store.readCall(call))?.full_transcript).toHaveLength(2);
    await client.query(`delete from call_event_segments where tenant = 'archives-damaged'`);
    expect(await store.verifyCall(damaged)).toMatchObject({ ok: false });
  });

  it('takes all that was said and who it was with the transcript, and leaves that there was a call', async () => {
    const call = await newCall('transcripts');
    const step = { tenant: 'transcripts', what: 'transcript', before } as const;
    expect([await store.privacy.removeDue(step), await store.privacy.removeDue(step)]).toEqual([1, 0]);
    const row = await store.readCall(call);
    expect(JSON.stringify(row)).not.toMatch(/lakhs|Mumbai|\+91|too far/);
    expect(row).toMatchObject({ status: 'completed', outcome: 'qualified', duration_seconds: 6 });
    expect(await rowsOf(call)).toBe(1);
    expect(await store.verifyCall(call)).toMatchObject({ ok: true });
  });

  it('leaves what is held, what is young, and what is another tenant’s', async () => {
    const held = await newCall('kept');
    await store.privacy.hold(held, 'case 8');
    const step = { tenant: 'kept', what: 'transcript', before } as const;
    expect(await store.privacy.removeDue(step)).toBe(0);
    await newCall('kept');
    expect(await store.privacy.removeDue({ ...step, before: new Date(0) })).toBe(0);
    expect(await store.privacy.removeDue({ ...step, tenant: 'nobody' })).toBe(0);
    expect(await store.privacy.removeDue(step)).toBe(1);
  });

  it('takes what a late event has put back, and goes through more than a batch', async () => {
    const call = await newCall('late');
    const step = { tenant: 'late', what: 'transcript', before } as const;
    await store.privacy.removeDue(step);
    await store.mergeCall({
      call,
      ...writeOf(call, [eventOf(call, 9, 'turn.completed', { speaker: 'user', text: 'much later' })]),
    });
    expect((await store.readCall(call))?.full_transcript).toEqual([]);
    expect(await store.verifyCall(call)).toMatchObject({ ok: true });
    await client.query(
      `insert into call_sessions (tenant, call_sid, status, version, fold_version, epoch, transcript_sha256, ended_at)
       select 'late', 'CA-many-' || n, 'completed', 1, 1, 'e', '', now() from generate_series(1, 1100) as n`,
    );
    expect([await store.privacy.removeDue(step), await store.privacy.removeDue(step)]).toEqual([1101, 0]);
    expect(await rowsOf(call)).toBe(1);
  });
});

describe('the ledger', () => {
  it('keeps each erasure once, with its latest time', async () => {
    const erasure = { kind: 'phone', subject: 'a1', tenant: null, erasedAt: new Date(1000) } as const;
    await store.privacy.recordErasures([erasure, { ...erasure, erasedAt: new Date(2000) }, erasure]);
    expect(await store.privacy.erasures()).toEqual([{ ...erasure, erasedAt: new Date(2000) }]);
  });
});
