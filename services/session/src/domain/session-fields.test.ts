import { describe, expect, it } from '@jest/globals';
import { initialState, toCallRecord, type CallState } from '@turnlog/call-events';
import {
  CALL,
  ended,
  eventOf,
  given,
  started,
  T0,
  turn,
  type AnyEventData,
} from '@turnlog/call-events/testing';
import { toSessionFields } from './session-fields.ts';

function stateOf(...data: readonly AnyEventData[]): CallState {
  return given(...data.map((each, index) => eventOf(each, { atMs: T0 + index * 1000 }))).state;
}

describe('toSessionFields', () => {
  it('shows what is known of a call while it goes on', () => {
    const state = stateOf(
      started('c1'),
      turn('Around 50 lakhs'),
      ['data.collected', { fields: { location: 'Mumbai', budget: 5_000_000 } }],
      ['stage.changed', { stage: 'discovery' }],
      ['objection.raised', { text: 'too far' }],
      ['outcome.decided', { outcome: 'qualified' }],
      ['speaking.changed', { speaking: true, speaker: 'user' }],
    );
    expect(toSessionFields(state)).toEqual({
      tenant: 'default',
      call_sid: 'CA1',
      status: 'in_progress',
      end_reason: '',
      stage: 'discovery',
      outcome: 'qualified',
      speaking: 'user',
      lead: '{"phone":"09812345610"}',
      from_number: '09812345610',
      to_number: '08045678901',
      direction: '',
      initiated_at: '2026-01-25T11:15:00.000Z',
      answered_at: '2026-01-25T11:15:00.000Z',
      ended_at: '',
      duration_seconds: '',
      recording_url: '',
      collected_data: '{"budget":5000000,"location":"Mumbai"}',
      objections: '[{"text":"too far","timestamp":"2026-01-25T11:15:04.000Z"}]',
      turns: '1',
      connections: '1',
      tool_calls: '0',
      version: '7',
      updated_at: '2026-01-25T11:15:06.000Z',
    });
  });

  it('shows a call of which nothing is known with empty fields, none of them absent', () => {
    const fields = toSessionFields(initialState(CALL));
    expect(Object.keys(fields).sort()).toEqual(Object.keys(toSessionFields(stateOf(started('c1')))).sort());
    expect(fields).toMatchObject({
      stage: '',
      lead: '{}',
      collected_data: '{}',
      objections: '[]',
      turns: '0',
    });
  });

  it('empties the end of a call that is connected again', () => {
    const over = stateOf(started('c1'), ended('c1'));
    expect(toSessionFields(over)).toMatchObject({ status: 'completed', end_reason: 'callended' });
    expect(toSessionFields(over).ended_at).not.toBe('');
    const again = stateOf(started('c1'), ended('c1'), started('c2'));
    expect(toSessionFields(again)).toMatchObject({ status: 'in_progress', end_reason: '', ended_at: '' });
  });

  it.each([
    [{ speaking: true, speaker: 'user' }, 'user'],
    [{ speaking: true }, 'ai'],
    [{ speaking: false, speaker: 'user' }, ''],
  ] as const)('tells from %j that "%s" speaks', (speaking, who) => {
    expect(toSessionFields(stateOf(['speaking.changed', speaking])).speaking).toBe(who);
  });

  it('goes by the same rules as the row in Postgres', () => {
    const state = stateOf(started('c1'), turn('hello'), turn('goodbye'), ended('c1'));
    const record = toCallRecord(state);
    expect(toSessionFields(state)).toMatchObject({
      status: record.status,
      end_reason: record.endReason,
      ended_at: record.endedAt,
      duration_seconds: String(record.durationSeconds),
      turns: String(record.transcript.length),
      version: String(record.version),
    });
  });
});
