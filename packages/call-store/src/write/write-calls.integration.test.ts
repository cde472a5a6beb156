import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeEvent, type CallKey, type KnownEvent } from '@turnlog/call-events';
import { createTestDatabase, waitUntil, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { classifyDatabaseError } from '../connection/database-error.ts';
import { migrate } from '../schema/migrate.ts';
import { eventOf, foldEvents, sampleEvents, writeOf } from '../testing/sample-call.ts';
import { toRow } from './call-row.ts';

let database: TestDatabase;
let store: CallStore;
let client: pg.Client;
let count = 0;
let call: CallKey;

beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 4 });
  client = new pg.Client(database.url);
  await client.connect();
});

beforeEach(() => {
  call = newCall();
});

afterAll(async () => {
  await client.end();
  await store.close();
  await database.drop();
});

function newCall(): CallKey {
  count += 1;
  return { tenant: 'acme', callSid: `CA${count}` };
}

describe('a batch of calls', () => {
  it('creates the row of a call that was not announced', async () => {
    expect(await store.writeCalls([writeOf(call, sampleEvents(call))])).toEqual(['written']);
    expect(await store.readCall(call)).toMatchObject({
      tenant: 'acme',
      call_sid: call.callSid,
      status: 'completed',
      end_reason: 'callended',
      outcome: 'qualified',
      from_number: '+910000000001',
      to_number: '+910000000002',
      lead: { lead_id: '42', phone: '+910000000001' },
      initiated_at: new Date('2026-01-25T11:15:01.000Z'),
      ended_at: new Date('2026-01-25T11:15:07.000Z'),
      duration_seconds: 6,
      full_transcript: [
        { speaker: 'ai', text: 'Hello! What is your budget?', timestamp: '2026-01-25T11:15:02.000Z' },
        { speaker: 'user', text: 'Around 50 lakhs', interrupted: true },
      ],
      collected_data: { budget: 5_000_000, location: 'Mumbai' },
      objections: [{ text: 'too far', timestamp: '2026-01-25T11:15:05.000Z' }],
      metrics: { events: 7, turns: 2 },
      version: 7,
      epoch: 'epoch-1',
      epoch_count: 1,
    });
  });

  it('changes nothing when it is written twice', async () => {
    const write = writeOf(call, sampleEvents(call));
    await store.writeCalls([write]);
    const first = await store.readCall(call);
    expect(await store.writeCalls([write])).toEqual(['stale']);
    expect(await store.readCall(call)).toEqual(first);
    expect(await store.readArchive(call)).toHaveLength(7);
  });

  it('raises a row and never lowers it', async () => {
    const events = sampleEvents(call);
    expect(await store.writeCalls([writeOf(call, events.slice(0, 3))])).toEqual(['written']);
    expect(await store.writeCalls([writeOf(call, events)])).toEqual(['written']);
    expect(await store.writeCalls([writeOf(call, events.slice(0, 5))])).toEqual(['stale']);
    expect((await store.readCall(call))?.version).toBe(7);
    expect(await store.readArchive(call)).toEqual(events.map(encodeEvent));
  });

  it('accepts a call more than once, writes its highest version and archives all its segments', async () => {
    const events = sampleEvents(call);
    const early = writeOf(call, events.slice(0, 4));
    const late = {
      row: toRow(foldEvents(call, events)),
      epoch: 'epoch-1',
      segment: { fromSeq: 5, toSeq: 7, events: events.slice(4).map(encodeEvent) },
    };
    const other = newCall();
    const batch = [late, writeOf(other, sampleEvents(other)), early];
    expect(await store.writeCalls(batch)).toEqual(['written', 'written', 'stale']);
    expect((await store.readCall(call))?.version).toBe(7);
    expect(await store.readArchive(call)).toEqual(events.map(encodeEvent));
    expect(await store.verifyCall(call)).toEqual({ ok: true });
  });

  it('returns which calls were written from another epoch, and archives their events all the same', async () => {
    const events = sampleEvents(call);
    await store.writeCalls([writeOf(call, events.slice(0, 2))]);
    const batch = [writeOf(call, events, { epoch: 'epoch-2' })];
    expect(await store.writeCalls(batch)).toEqual(['other_epoch']);
    expect((await store.readCall(call))?.version).toBe(2);
    expect(await store.readArchive(call)).toHaveLength(7);
  });

  it('does nothing with an empty batch', async () => {
    expect(await store.writeCalls([])).toEqual([]);
  });

  it('does not deadlock with another batch of the same calls in the opposite order', async () => {
    const calls = Array.from({ length: 60 }, newCall);
    const batchOf = (length: number) => calls.map((key) => writeOf(key, sampleEvents(key).slice(0, length)));
    const batches = [1, 2, 3, 4, 5, 6, 7].map((length) =>
      length % 2 === 0 ? batchOf(length) : batchOf(length).reverse(),
    );
    await Promise.all(batches.map((batch) => store.writeCalls(batch)));
    for (const key of calls) expect(await store.verifyCall(key)).toEqual({ ok: true });
    expect((await store.readCall(calls[0] ?? call))?.version).toBe(7);
  });

  it('waits for a row before it locks the archive, as a merge does', async () => {
    const events = sampleEvents(call);
    await store.writeCalls([writeOf(call, events.slice(0, 2))]);
    await client.query('begin');
    await client.query('select from call_sessions where call_sid = $1 for update', [call.callSid]);
    const writing = store.writeCalls([writeOf(call, events)]);
    await waitUntil(isAnybodyWaiting, { what: 'the batch waits for the row' });
    await client.query(`update call_event_segments set to_seq = 1 where call_sid = $1`, [call.callSid]);
    await client.query('commit');
    expect(await writing).toEqual(['written']);
  });
});

async function isAnybodyWaiting(): Promise<boolean> {
  // Within a transaction, the view would stay as it first was.
  await client.query('select pg_stat_clear_snapshot()');
  const { rowCount } = await client.query(`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
  return rowCount === 1;
}

describe('a row that Postgres refuses for its data', () => {
  const poisons: [string, (write: ReturnType<typeof writeOf>) => ReturnType<typeof writeOf>][] = [
    [
      'a NUL in a jsonb column',
      (write) => ({ ...write, row: { ...write.row, collected_data: JSON.stringify({ note: 'a\0b' }) } }),
    ],
    ['a NUL in a text column', (write) => ({ ...write, row: { ...write.row, outcome: 'a\0b' } })],
    [
      'a lone surrogate in a jsonb column',
      (write) => ({ ...write, row: { ...write.row, collected_data: JSON.stringify({ note: '\ud800' }) } }),
    ],
    [
      'a status of its own',
      (write) => ({ ...write, row: { ...write.row, status: 'mysterious' as 'completed' } }),
    ],
    [
      'an invalid date',
      (write) => ({ ...write, row: { ...write.row, ended_at: '2026-02-30T00:00:00.000Z' } }),
    ],
    [
      'an event that is not JSON',
      (write) => ({ ...write, segment: { fromSeq: 1, toSeq: 1, events: ['nonsense'] } }),
    ],
    [
      'an event that would shift the others into the wrong rows',
      (write) => ({ ...write, segment: { fromSeq: 1, toSeq: 1, events: ['1]\x1e[2'] } }),
    ],
  ];

  it.each(poisons)('is reported with the kind of error: %s', async (_, poison) => {
    const good = newCall();
    const batch = [writeOf(good, sampleEvents(good)), poison(writeOf(call, sampleEvents(call)))];
    const kind = await store.writeCalls(batch).then(() => 'written', classifyDatabaseError);
    expect(kind).toBe('row');
    expect(await store.readCall(good)).toBeUndefined();
    expect(await store.writeCalls(batch.slice(0, 1))).toEqual(['written']);
  });
});

describe('what is kept', () => {
  it('stores a turn of 5 MB', async () => {
    const text = 'ä'.repeat(5 * 1024 * 1024);
    const events = [eventOf(call, 1, 'turn.completed', { speaker: 'user', text })];
    expect(await store.writeCalls([writeOf(call, events)])).toEqual(['written']);
    expect((await store.readCall(call))?.full_transcript[0]?.text === text).toBe(true);
  });

  it('keeps the exact text of an event: the order of its keys, its spaces and the spelling of its numbers', async () => {
    const [start, ...rest] = sampleEvents(call);
    const odd = `{ "type":"stage.changed" ,"v":1.0,"id":"odd","tenant":"acme","callSid":"${call.callSid}","source":"s","at":"2026-01-25T11:15:01.000Z","data":{"2":1e2,"1":12345678901234567890,"stage":"\\u0061"}}`;
    const write = writeOf(call, [start, ...rest] as KnownEvent[]);
    const segment = { fromSeq: 1, toSeq: 1, events: [odd] };
    await store.writeCalls([{ ...write, segment }]);
    expect(await store.readArchive(call)).toEqual([odd]);
  });

  it('shows each turn as a row of call_turns', async () => {
    await store.writeCalls([writeOf(call, sampleEvents(call))]);
    const { rows } = await client.query(
      'select turn_no, speaker, text, spoken_at, interrupted from call_turns where call_sid = $1 order by turn_no',
      [call.callSid],
    );
    expect(rows).toEqual([
      {
        turn_no: 1,
        speaker: 'ai',
        text: 'Hello! What is your budget?',
        spoken_at: new Date('2026-01-25T11:15:02.000Z'),
        interrupted: null,
      },
      {
        turn_no: 2,
        speaker: 'user',
        text: 'Around 50 lakhs',
        spoken_at: new Date('2026-01-25T11:15:03.000Z'),
        interrupted: true,
      },
    ]);
  });
});
