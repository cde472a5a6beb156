import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeEvent, type CallKey } from '@turnlog/call-events';
import { createTestDatabase, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { migrate } from '../schema/migrate.ts';
import { eventOf, sampleEvents, writeOf } from '../testing/sample-call.ts';

let database: TestDatabase;
let store: CallStore;
let client: pg.Client;
let count = 0;
let call: CallKey;

beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 2 });
  client = new pg.Client(database.url);
  await client.connect();
});

beforeEach(async () => {
  count += 1;
  call = { tenant: 'acme', callSid: `CA${count}` };
  await store.writeCalls([writeOf(call, sampleEvents(call))]);
});

afterAll(async () => {
  await client.end();
  await store.close();
  await database.drop();
});

describe('verifying a call', () => {
  it('finds nothing wrong with a correct row', async () => {
    expect(await store.verifyCall(call)).toEqual({ ok: true });
  });

  const rowDamages: [string, string, string[]][] = [
    [
      'a changed transcript',
      `full_transcript = jsonb_set(full_transcript, '{1,text}', '"No"')`,
      ['full_transcript'],
    ],
    ['a lost turn', `full_transcript = full_transcript - 1`, ['full_transcript']],
    ['changed data', `collected_data = jsonb_set(collected_data, '{budget}', '5000001')`, ['collected_data']],
    ['an added field', `collected_data = collected_data || '{"extra": null}'`, ['collected_data']],
    ['a changed lead', `lead = '{}'`, ['lead']],
    ['lost objections', `objections = '[]'`, ['objections']],
    ['changed metrics', `metrics = '{}'`, ['metrics']],
    ['a wrong hash', `transcript_sha256 = repeat('0', 64)`, ['transcript_sha256']],
    ['a lower version', `version = version - 1`, ['version']],
    ['a wrong count of epochs', `epoch_count = 2`, ['epoch_count']],
    ['a changed status', `status = 'busy'`, ['status']],
    ['a lost outcome', `outcome = null`, ['outcome']],
    ['a shifted end', `ended_at = ended_at + interval '1 millisecond'`, ['ended_at']],
    ['a lost start', `initiated_at = null`, ['initiated_at']],
    ['another end', `ended_cleanly = not ended_cleanly`, ['ended_cleanly']],
    ['a lost reason', `outcome_reason = null`, ['outcome_reason']],
    ['added stages', `stages = '[{}]'`, ['stages']],
    ['another duration', `duration_seconds = 6.5`, ['duration_seconds']],
  ];

  it.each(rowDamages)('finds %s', async (_, change, columns) => {
    await client.query(`update call_sessions set ${change} where call_sid = $1`, [call.callSid]);
    expect(await damagedColumns()).toEqual(columns);
  });

  it('reports where in a transcript the damage is, and never its content', async () => {
    await client.query(
      `update call_sessions set full_transcript = jsonb_set(full_transcript, '{1,text}', '"Secret"') where call_sid = $1`,
      [call.callSid],
    );
    expect(await store.verifyCall(call)).toEqual({
      ok: false,
      differences: [{ column: 'full_transcript', problem: 'it differs from the archive, first at [1].text' }],
    });
  });

  it('finds a lost row', async () => {
    await client.query('delete from call_sessions where call_sid = $1', [call.callSid]);
    expect(await damagedColumns()).toEqual(['row']);
  });

  it('finds a lost archive', async () => {
    await client.query('delete from call_event_segments where call_sid = $1', [call.callSid]);
    expect(await damagedColumns()).toContain('version');
  });

  it('finds events that are not in the row', async () => {
    const late = eventOf(call, 8, 'stage.changed', { stage: 'closing' });
    await archive(8, [encodeEvent(late)]);
    expect(await damagedColumns()).toEqual(['version', 'stage', 'metrics', 'stages']);
  });

  it('finds entries that the archive lacks', async () => {
    await archive(12, [
      encodeEvent(eventOf(call, 7, 'call.ended', { connectionId: 'c1', reason: 'callended' })),
    ]);
    expect(await store.verifyCall(call)).toEqual({
      ok: false,
      differences: [{ column: 'archive', problem: 'entries 8 to 11 of epoch epoch-1 are missing' }],
    });
  });

  it('finds an archived event that was changed', async () => {
    await client.query(
      `update call_event_segments set events = replace(events::text, '50 lakhs', '60 lakhs')::json where call_sid = $1`,
      [call.callSid],
    );
    expect(await damagedColumns()).toEqual(['outcome_reason', 'transcript_sha256', 'full_transcript']);
  });

  it('finds archived texts that are not events of the call', async () => {
    const foreign = eventOf({ tenant: 'acme', callSid: 'CA0' }, 8, 'stage.changed', { stage: 'closing' });
    await archive(8, ['{"v":1}', encodeEvent(foreign)]);
    expect(await damagedColumns()).toEqual(['archive', 'archive']);
  });

  it('does not report a row of another fold version as damaged', async () => {
    await client.query(`update call_sessions set fold_version = 0, metrics = '{}' where call_sid = $1`, [
      call.callSid,
    ]);
    expect(await store.verifyCall(call)).toEqual({ ok: true, foldVersion: 0 });
    await client.query('update call_sessions set version = 1 where call_sid = $1', [call.callSid]);
    expect(await damagedColumns()).toEqual(['version']);
  });
});

async function damagedColumns(): Promise<string[]> {
  const result = await store.verifyCall(call);
  return result.ok ? [] : result.differences.map(({ column }) => column);
}

async function archive(fromSeq: number, events: readonly string[]): Promise<void> {
  await client.query(
    `insert into call_event_segments (tenant, call_sid, epoch, from_seq, to_seq, event_count, events)
     values ($1, $2, 'epoch-1', $3, $4, $5, $6)`,
    [call.tenant, call.callSid, fromSeq, fromSeq + events.length - 1, events.length, `[${events.join(',')}]`],
  );
}
