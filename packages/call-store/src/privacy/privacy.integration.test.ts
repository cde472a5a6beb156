import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CallKey } from '@turnlog/call-events';
import { waitUntil } from '@turnlog/test-kit';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type CallStore } from '../call-store.ts';
import { eventOf, sampleEvents, writeOf } from '../testing/sample-call.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let opened: TestStore;
let store: CallStore;
let client: pg.Client;
beforeAll(async () => {
  opened = await openTestStore({ maxConnections: 3 });
  ({ store, client } = opened);
});
afterAll(() => opened.close());

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
    const nothing = { outcome: 'erased', rows: 0, segments: 0, placements: 0 };
    expect(await store.privacy.erase(call)).toEqual({ ...nothing, rows: 1, segments: 1 });
    expect(await store.privacy.erase(call)).toEqual(nothing);
    expect([await rowsOf(call), await rowsOf(other)]).toEqual([0, 2]);
  });

  it('is not written again, whichever process still has it', async () => {
    const call = await newCall();
    await store.privacy.erase(call);
    const events = [...sampleEvents(call), eventOf(call, 8, 'stage.changed', { stage: 'late' })];
    const late = writeOf(call, events, { epoch: 'epoch-2' });
    expect(await store.writeCalls([late])).toEqual(['other_epoch']);
    expect(await store.mergeCall({ call, ...late })).toMatchObject({ outcome: 'erased' });
    expect(await rowsOf(call)).toBe(0);
  });

  it('is not left behind by an earlier write', async () => {
    const call = { tenant: 'acme', callSid: 'CA-in-flight' };
    await client.query('begin');
    await insertRow(call);
    let isErased = false;
    const erasing = store.privacy.erase(call).finally(() => (isErased = true));
    await sleep(500);
    expect(isErased).toBe(false);
    await client.query('commit');
    expect(await erasing).toMatchObject({ outcome: 'erased', rows: 1 });
    expect(await rowsOf(call)).toBe(0);
  });

  it('is not written by a write that waited for the erasure', async () => {
    const call = { tenant: 'acme', callSid: 'CA-waited' };
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock(call_lock($1, $2))', [call.tenant, call.callSid]);
    const writing = store.writeCalls([writeOf(call, sampleEvents(call))]);
    await waitUntil(async () => (await waitingForCalls()) > 0, { what: 'the write waits for the erasure' });
    await client.query(
      `insert into erased_calls (call_hash) values (sha256(convert_to('acme/CA-waited', 'UTF8')))`,
    );
    await client.query('commit');
    expect(await writing).toEqual(['other_epoch']);
    expect(await rowsOf(call)).toBe(0);
  });

  it('is erased although writers never stop', async () => {
    const calls = await Promise.all(Array.from({ length: 5 }, () => newCall('busy')));
    let isOver = false;
    const writeOn = async (epoch: string) => {
      while (!isOver) {
        const batch = calls.map((call) => writeOf(call, sampleEvents(call), { epoch }));
        await store.writeCalls(batch);
      }
    };
    const writers = [writeOn('epoch-1'), writeOn('epoch-2')];
    for (const call of calls) expect(await store.privacy.erase(call)).toMatchObject({ outcome: 'erased' });
    await sleep(50);
    isOver = true;
    await Promise.all(writers);
    expect(await Promise.all(calls.map(rowsOf))).toEqual([0, 0, 0, 0, 0]);
  });

  it('is erased while a VACUUM has its lock, and blocks no writer', async () => {
    const call = await newCall();
    await client.query('begin');
    await client.query('lock table call_sessions, call_event_segments in share update exclusive mode');
    expect(await store.privacy.erase(call, 1_000)).toMatchObject({ outcome: 'erased', rows: 1 });
    await newCall();
    await client.query('rollback');
  });

  it('does not cost a writer of many calls more locks than the server has', async () => {
    await client.query(
      `insert into call_sessions (tenant, call_sid, status, version, fold_version, epoch, transcript_sha256)
       select 'bulk', 'CA' || n, 'completed', 1, 1, 'e', '' from generate_series(1, 30000) as n`,
    );
    expect(await store.privacy.erase({ tenant: 'bulk', callSid: 'CA77' })).toMatchObject({ rows: 1 });
  });

  it('is reported as busy, and not changed, while a migration or another transaction has it', async () => {
    const call = await newCall();
    for (const lock of [
      'lock table call_sessions in share mode',
      `select pg_advisory_xact_lock(call_lock('${call.tenant}', '${call.callSid}'))`,
    ]) {
      await client.query('begin');
      await client.query(lock);
      expect(await store.privacy.erase(call, 200)).toEqual({ outcome: 'busy' });
      await client.query('rollback');
    }
    expect(await rowsOf(call)).toBe(2);
    expect(await store.writeCalls([writeOf(call, sampleEvents(call))])).toEqual(['stale']);
    expect(await store.privacy.erase(call)).toMatchObject({ outcome: 'erased', rows: 1, segments: 1 });
  });

  function insertRow({ tenant, callSid }: CallKey) {
    return client.query(
      `insert into call_sessions (tenant, call_sid, status, version, fold_version, epoch, transcript_sha256)
       values ($1, $2, 'completed', 1, 1, 'e', '')`,
      [tenant, callSid],
    );
  }

  async function waitingForCalls(): Promise<number> {
    const observer = new pg.Client(opened.url);
    await observer.connect();
    const { rowCount } = await observer.query(
      `select from pg_locks where not granted and locktype = 'advisory'
       and database = (select oid from pg_database where datname = current_database())`,
    );
    await observer.end();
    return rowCount ?? 0;
  }

  it('is not erased while it is held', async () => {
    const call = await newCall();
    await store.privacy.hold(call, 'case 7');
    expect(await store.privacy.erase(call)).toEqual({ outcome: 'held' });
    expect(await rowsOf(call)).toBe(2);
    expect(await store.privacy.release(call)).toBe(true);
    expect(await store.privacy.erase(call)).toMatchObject({ outcome: 'erased' });
  });

  it('cannot be held any more, and not during its erasure', async () => {
    const call = await newCall();
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock(call_lock($1, $2))', [call.tenant, call.callSid]);
    expect(await store.privacy.hold(call, 'case 8', 200)).toBe('busy');
    await client.query('rollback');
    await store.privacy.erase(call);
    expect(await store.privacy.hold(call, 'case 8')).toBe('erased');
    expect(await store.privacy.isHeld(call)).toBe(false);
  });
});

describe('the erasure ledger', () => {
  it('keeps each erasure once, with its latest time', async () => {
    const erasure = { kind: 'phone', subject: 'a1', tenant: null, erasedAt: new Date(1000) } as const;
    await store.privacy.recordErasures([erasure, { ...erasure, erasedAt: new Date(2000) }, erasure]);
    expect(await store.privacy.erasures()).toEqual([{ ...erasure, erasedAt: new Date(2000) }]);
  });
});
