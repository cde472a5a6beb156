import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeEvent, type CallKey, type KnownEvent } from '@turnlog/call-events';
import { createTestDatabase, waitUntil, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { type OlderFold } from '../read/older-folds.ts';
import { migrate } from '../schema/migrate.ts';
import { eventOf, sampleEvents, writeOf } from '../testing/sample-call.ts';

let database: TestDatabase;
let store: CallStore;
let client: pg.Client;
let count = 0;
let call: CallKey;
let events: KnownEvent[];

beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 8 });
  client = new pg.Client(database.url);
  await client.connect();
});

beforeEach(() => {
  count += 1;
  call = { tenant: 'acme', callSid: `CA${count}` };
  events = sampleEvents(call);
});

afterAll(async () => {
  await client.end();
  await store.close();
  await database.drop();
});

function mergeOf(log: readonly KnownEvent[], epoch: string) {
  return { call, epoch, segment: { fromSeq: 1, toSeq: log.length, events: log.map(encodeEvent) } };
}

async function olderFolds(tenant: string): Promise<OlderFold[]> {
  const found: OlderFold[] = [];
  for await (const older of store.olderFolds(tenant)) found.push(older);
  return found;
}

describe('a row of earlier rules', () => {
  it('is folded again from its archive, and is not younger for it', async () => {
    await store.writeCalls([writeOf(call, events)]);
    await client.query(
      `update call_sessions set fold_version = fold_version - 1, outcome_reason = null, ended_cleanly = null,
       persisted_at = '2026-01-01' where call_sid = $1`,
      [call.callSid],
    );
    expect(await olderFolds('acme')).toEqual([{ ...call, epoch: 'epoch-1', hasArchive: true }]);

    const { outcome } = await store.mergeCall({ call, epoch: 'epoch-1', isRefold: true });
    expect(outcome).toBe('written');
    expect(await store.readCall(call)).toMatchObject({
      ...{ outcome_reason: 'has 50 lakhs', ended_cleanly: true, epoch: 'epoch-1', epoch_count: 1 },
      persisted_at: new Date('2026-01-01'),
    });
    expect(await store.verifyCall(call)).toEqual({ ok: true });
    expect(await olderFolds('acme')).toEqual([]);
  });
});

describe('two epochs of a log', () => {
  it('become their union', async () => {
    await store.writeCalls([writeOf(call, events.slice(0, 4))]);
    const { outcome, record } = await store.mergeCall(mergeOf(events.slice(2), 'epoch-2'));
    expect(outcome).toBe('written');
    expect(record.version).toBe(7);
    expect(await store.readCall(call)).toMatchObject({
      version: 7,
      epoch: 'epoch-2',
      epoch_count: 2,
      status: 'completed',
      collected_data: { budget: 5_000_000, location: 'Mumbai' },
    });
    expect(await store.readArchive(call)).toEqual(events.map(encodeEvent));
    expect(await store.verifyCall(call)).toEqual({ ok: true });
  });

  it('change nothing when they are merged twice', async () => {
    await store.writeCalls([writeOf(call, events.slice(0, 4))]);
    await store.mergeCall(mergeOf(events.slice(2), 'epoch-2'));
    const first = await store.readCall(call);
    await store.mergeCall(mergeOf(events.slice(2), 'epoch-2'));
    expect(await store.readCall(call)).toEqual({ ...first, persisted_at: expect.any(Date) });
  });

  it('stay merged: a later write of one of them alone is refused', async () => {
    await store.writeCalls([writeOf(call, events.slice(0, 2))]);
    await store.mergeCall(mergeOf(events.slice(1, 3), 'epoch-2'));
    const later = [...events, eventOf(call, 8, 'stage.changed', { stage: 'closing' })];
    expect(await store.writeCalls([writeOf(call, later, { epoch: 'epoch-2' })])).toEqual(['other_epoch']);
    expect((await store.readCall(call))?.version).toBe(3);
    const { record } = await store.mergeCall({ call, epoch: 'epoch-2' });
    expect(record.version).toBe(8);
  });

  it('do not change a row that has more events', async () => {
    const { row, epoch } = writeOf(call, events);
    await store.writeCalls([{ row, epoch }]);
    const { outcome } = await store.mergeCall(mergeOf(events.slice(0, 3), 'epoch-2'));
    expect(outcome).toBe('kept');
    expect(await store.readCall(call)).toMatchObject({ version: 7, epoch: 'epoch-1', epoch_count: 1 });
  });

  it.each(['no row', 'a row'])(
    'lose nothing to each other when %s is there and all are written at once',
    async (there) => {
      if (there === 'a row') await store.writeCalls([writeOf(call, events.slice(0, 1))]);
      const lives = events.map((event, index) => mergeOf([event], `epoch-${index + 1}`));
      await Promise.all(lives.map((life) => store.mergeCall(life)));
      expect(await store.readCall(call)).toMatchObject({ version: 7, epoch_count: 7 });
      expect(await store.verifyCall(call)).toEqual({ ok: true });
    },
  );

  it('lose nothing to batches that write the same call in the meantime', async () => {
    const rounds = Array.from({ length: 20 }, (_, index) => index % 7);
    await Promise.all(
      rounds.flatMap((length) => [
        store.writeCalls([writeOf(call, events.slice(0, length + 1))]),
        store.mergeCall(mergeOf(events.slice(length), 'epoch-2')),
      ]),
    );
    await store.mergeCall({ call, epoch: 'epoch-2' });
    expect(await store.readCall(call)).toMatchObject({ version: 7, epoch_count: 2 });
    expect(await store.verifyCall(call)).toEqual({ ok: true });
  });
});

describe('a merge', () => {
  it('creates the row of a call that has none', async () => {
    await store.mergeCall(mergeOf(events, 'epoch-1'));
    expect(await store.readCall(call)).toMatchObject({ version: 7, epoch: 'epoch-1', epoch_count: 1 });
    expect(await store.verifyCall(call)).toEqual({ ok: true });
  });

  it('rebuilds a damaged row from the archive', async () => {
    await store.writeCalls([writeOf(call, events)]);
    await client.query(`update call_sessions set full_transcript = '[]' where call_sid = $1`, [call.callSid]);
    expect(await store.verifyCall(call)).toMatchObject({ ok: false });
    await store.mergeCall({ call, epoch: 'epoch-1' });
    expect(await store.verifyCall(call)).toEqual({ ok: true });
  });

  it('refuses a call without archived events, and leaves no row behind', async () => {
    await expect(store.mergeCall({ call, epoch: 'epoch-1' })).rejects.toMatchObject({
      code: 'nothing_archived',
    });
    expect(await store.readCall(call)).toBeUndefined();
  });

  it('survives a cut connection between two statements', async () => {
    await store.writeCalls([writeOf(call, events.slice(0, 4))]);
    await client.query('begin');
    await client.query('select from call_sessions where call_sid = $1 for update', [call.callSid]);
    const merging = store.mergeCall(mergeOf(events, 'epoch-2')).then(() => 'merged', String);
    await waitUntil(async () => (await cutWaitingBackends()) > 0, { what: 'the merge waits for the row' });
    expect(await merging).toMatch(/terminat/);
    await client.query('rollback');
    expect((await store.mergeCall(mergeOf(events, 'epoch-2'))).outcome).toBe('written');
  });
});

async function cutWaitingBackends(): Promise<number> {
  // Within a transaction, the view would stay as it first was.
  await client.query('select pg_stat_clear_snapshot()');
  const { rowCount } = await client.query(`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`);
  return rowCount ?? 0;
}
