import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventData, type EventType, type KnownEvent } from '@turnlog/call-events';
import type pg from 'pg';
import { type CallStore } from '../call-store.ts';
import { eventOf, writeOf } from '../testing/sample-call.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let opened: TestStore;
let store: CallStore;
let client: pg.Client;

beforeAll(async () => {
  opened = await openTestStore();
  ({ store, client } = opened);
  await store.writeCalls([writeOf(CLEAN, cleanCall()), writeOf(DROPPED, droppedCall())]);
});

afterAll(() => opened.close());

const CLEAN = { tenant: 'acme', callSid: 'CA-clean' };
const DROPPED = { tenant: 'acme', callSid: 'CA-dropped' };
/** The sample's calls begin at 11:15 UTC. */
const at = (second: number) => `2026-01-25T11:15:${String(second).padStart(2, '0')}.000Z`;

type Said = [type: EventType, data: EventData<EventType>];
function eventsOf(call: typeof CLEAN, ...said: Said[]): KnownEvent[] {
  return said.map(([type, data], index) => eventOf(call, index + 1, type, data));
}

function cleanCall(): KnownEvent[] {
  return eventsOf(
    CLEAN,
    ['call.started', { connectionId: 'c1', from: '+910000000001' }],
    ['stage.changed', { stage: 'greeting' }],
    ['turn.completed', { speaker: 'user', text: 'Hi', startedAt: at(2), endedAt: at(4) }],
    ['turn.completed', { speaker: 'ai', text: 'Hello', startedAt: at(5), endedAt: at(8) }],
    ['stage.changed', { stage: 'closing' }],
    ['tool.called', { name: 'lookup', durationMs: 40 }],
    ['tool.called', { name: 'lookup', durationMs: 60, error: 'no answer' }],
    ['outcome.decided', { outcome: 'qualified', reason: 'fits' }],
    ['call.ended', { connectionId: 'c1', reason: 'callended' }],
  );
}

function droppedCall(): KnownEvent[] {
  return eventsOf(
    DROPPED,
    ['call.started', { connectionId: 'c1' }],
    ['agent.unreachable', { connectionId: 'c1', reason: 'refused' }],
    ['call.status_reported', { status: 'failed', cause: 'NETWORK_ERROR' }],
    ['call.disconnected', { connectionId: 'c1', reason: 'agent_lost' }],
  );
}

async function rowsOf(view: string): Promise<Record<string, unknown>[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select * from (select *, to_char(day, 'YYYY-MM-DD') as date from ${view}) as view
     where tenant = 'acme' and date = '2026-01-25'`,
  );
  return rows.map(({ day: _, date: __, tenant: ___, ...row }) => row);
}

describe('the views of a day', () => {
  it('count the calls, also those that were dropped', async () => {
    expect(await rowsOf('daily_calls')).toEqual([
      {
        ...{ calls: '2', completed: '1', ended_cleanly: '1', failed: '1', no_answer: '0', busy: '0' },
        ...{ canceled: '0', in_progress: '0', agent_not_reached: '1', mean_seconds: '5.5', minutes: '0.2' },
      },
    ]);
  });

  it('state why calls failed', async () => {
    expect(await rowsOf('daily_failures')).toEqual([
      {
        ...{ status: 'failed', end_reason: 'agent_lost', failure_cause: 'NETWORK_ERROR' },
        ...{ agent_reached: false, calls: '1' },
      },
    ]);
  });

  it('measure talk time and latency', async () => {
    expect(await rowsOf('daily_talk')).toMatchObject([{ calls: '1', mean_turns: '2.0', interruptions: '0' }]);
    expect(await rowsOf('daily_latency')).toEqual([
      { calls: '1', answers: '1', mean_ms: '1000', p90_of_calls_ms: '1000', max_ms: '1000' },
    ]);
  });

  it('count outcomes and tools', async () => {
    expect(await rowsOf('daily_outcomes')).toEqual(
      expect.arrayContaining([
        { outcome: 'qualified', calls: '1', percent: '50.0' },
        { outcome: null, calls: '1', percent: '50.0' },
      ]),
    );
    expect(await rowsOf('daily_tools')).toEqual([
      { tool: 'lookup', calls: '1', uses: '2', failed: '1', mean_ms: '50' },
    ]);
  });

  it('begin at midnight in India', async () => {
    const { rows } = await client.query<{ day: string }>(
      `select ist_day('2026-01-25 18:29:59Z')::text || ' ' || ist_day('2026-01-25 18:30:00Z')::text as day`,
    );
    expect(rows).toEqual([{ day: '2026-01-25 2026-01-26' }]);
  });
});

it('the stages of a call have their durations', async () => {
  const { rows } = await client.query(
    `select stage, seconds from call_stages where call_sid = 'CA-clean' order by stage_no`,
  );
  expect(rows).toEqual([
    { stage: 'greeting', seconds: 3 },
    { stage: 'closing', seconds: 4 },
  ]);
});
