import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CallKey } from '@turnlog/call-events';
import type pg from 'pg';
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

describe('retention', () => {
  const before = new Date(Date.now() + 60_000);

  it('deletes the archive, which verification tells apart from damage', async () => {
    const [call, damaged] = [await newCall('archives'), await newCall('archives-damaged')];
    const step = { tenant: 'archives', what: 'archive', before } as const;
    expect(await store.privacy.countDue(step)).toBe(1);
    expect([await store.privacy.removeDue(step), await store.privacy.removeDue(step)]).toEqual([1, 0]);
    expect(await store.verifyCall(call)).toMatchObject({ ok: true, archiveRemovedAt: expect.any(Date) });
    expect((await store.readCall(call))?.full_transcript).toHaveLength(2);
    await client.query(`delete from call_event_segments where tenant = 'archives-damaged'`);
    expect(await store.verifyCall(damaged)).toMatchObject({ ok: false });
  });

  it('deletes the words and the identities with the transcript, and keeps the fact of the call', async () => {
    const call = await newCall('transcripts');
    await client.query(
      `update call_sessions set keys_pressed = '+91', failure_cause = '3009: no way to +91 98765-43210'
       where tenant = 'transcripts'`,
    );
    const step = { tenant: 'transcripts', what: 'transcript', before } as const;
    expect([await store.privacy.removeDue(step), await store.privacy.removeDue(step)]).toEqual([1, 0]);
    const row = await store.readCall(call);
    expect(JSON.stringify(row)).not.toMatch(/lakhs|Mumbai|\+91|too far/);
    expect(row).toMatchObject({ status: 'completed', outcome: 'qualified', duration_seconds: 6 });
    expect(row).toMatchObject({ failure_cause: '3009: no way to [number]', end_reason: 'callended' });
    expect(await rowsOf(call)).toBe(1);
    expect(await store.verifyCall(call)).toMatchObject({ ok: true });
  });

  it('keeps calls that are held, young, or another tenant’s', async () => {
    const held = await newCall('kept');
    await store.privacy.hold(held, 'case 8');
    const step = { tenant: 'kept', what: 'transcript', before } as const;
    expect(await store.privacy.removeDue(step)).toBe(0);
    await newCall('kept');
    expect(await store.privacy.removeDue({ ...step, before: new Date(0) })).toBe(0);
    expect(await store.privacy.removeDue({ ...step, tenant: 'unknown' })).toBe(0);
    expect(await store.privacy.removeDue(step)).toBe(1);
  });

  it('deletes calls that never ended, by when they were last written', async () => {
    for (const [status, days] of [
      ['ringing', 40],
      ['in_progress', 40],
      ['initiated', 10],
    ] as const) {
      const call = await newCall('endless');
      await client.query(
        `update call_sessions set status = $1, ended_at = null, initiated_at = now() - interval '10 years',
           persisted_at = now() - $2::integer * interval '1 day' where call_sid = $3`,
        [status, days, call.callSid],
      );
    }
    const monthAgo = new Date(Date.now() - 30 * 86_400_000);
    const step = { tenant: 'endless', what: 'transcript', before: monthAgo } as const;
    expect([await store.privacy.countDue(step), await store.privacy.removeDue(step)]).toEqual([2, 2]);
    const { rows } = await client.query<{ status: string }>(
      `select status from call_sessions where tenant = 'endless' and from_number is not null`,
    );
    expect(rows).toEqual([{ status: 'initiated' }]);
  });

  it('deletes an archive without a row', async () => {
    const [call, held] = [await newCall('orphans'), await newCall('orphans')];
    await store.privacy.hold(held, 'case 9');
    await client.query(`delete from call_sessions where tenant = 'orphans'`);
    const step = { tenant: 'orphans', what: 'archive', before } as const;
    expect([await store.privacy.countDue(step), await store.privacy.removeDue(step)]).toEqual([1, 1]);
    expect([await rowsOf(call), await rowsOf(held)]).toEqual([0, 1]);
  });

  it("deletes the carrier's answers, but not of a held call", async () => {
    await store.privacy.hold({ tenant: 'asked', callSid: 'CA-held' }, 'case 10');
    await client.query(
      `insert into call_placements (reference, tenant, dialled, call_sid, requested_at, due_at)
       values ('gone', 'asked', '09876543210', null, now() - interval '40 days', now()),
         ('held', 'asked', '09876543210', 'CA-held', now() - interval '40 days', now()),
         ('young', 'asked', '09876543210', null, now(), now())`,
    );
    await client.query(
      `insert into call_reconciliations (tenant, call_sid, state, due_at, answer, enrolled_at)
       values ('asked', 'CA-none', 'settled', now(), 'a', now() - interval '40 days'),
         ('asked', 'CA-held', 'settled', now(), 'a', now() - interval '40 days'),
         ('asked', 'CA-due', 'due', now(), 'a', now() - interval '40 days')`,
    );
    const step = { tenant: 'asked', before: new Date(Date.now() - 30 * 86_400_000) };
    expect(await store.privacy.countPlacements(step)).toBe(1);
    expect([await store.privacy.removePlacements(step), await store.privacy.removePlacements(step)]).toEqual([
      1, 0,
    ]);
    const left = await client.query(
      `select reference as name from call_placements union all
       select call_sid from call_reconciliations where tenant = 'asked' order by 1`,
    );
    expect(left.rows.map(({ name }: { name: string }) => name)).toEqual([
      'CA-due',
      'CA-held',
      'held',
      'young',
    ]);
  });

  it('deletes what a late event wrote again, and works through more than a batch', async () => {
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
