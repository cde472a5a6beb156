import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEvent } from '../events/create-event.ts';
import { type EventData, type EventType, type KnownEvent } from '../events/call-event.ts';
import { toCallRecord } from '../record/call-record.ts';
import { initialState } from './call-state.ts';
import { foldCall } from './fold-call.ts';

const call = { tenant: 'default', callSid: 'CA1' };
const T0 = Date.UTC(2026, 0, 25, 11, 15, 0);

function event<T extends EventType>(type: T, data: EventData<T>, atS: number, source = 'exotel:status') {
  return createEvent(type, data, { call, source, atMs: T0 + atS * 1000 }) as KnownEvent;
}
const reported = (data: EventData<'call.status_reported'>, atS: number) =>
  event('call.status_reported', data, atS);
const recordOf = (...events: KnownEvent[]) => toCallRecord(events.reduce(foldCall, initialState(call)));
const quiet = event('call.disconnected', { connectionId: 'http', reason: 'quiet' }, 60, 'sweep');

describe('what the carrier answered when it was asked', () => {
  const hint = reported({ status: 'completed', durationSeconds: 9, price: '9.9' }, 500);
  const answer = reported({ status: 'no_answer', durationSeconds: 0, price: '0.25', confirmed: true }, 100);

  test.each([[[hint, answer]], [[answer, hint]]])('outweighs any report, also a newer one', (events) => {
    expect(recordOf(...events)).toMatchObject({ status: 'no_answer', durationSeconds: 0, price: '0.25' });
  });

  test('gives way to its newer answer', () => {
    const later = reported({ status: 'completed', durationSeconds: 31, confirmed: true }, 200);
    expect(recordOf(later, answer)).toMatchObject({
      status: 'completed',
      durationSeconds: 31,
      price: '0.25',
    });
  });

  test('does not take an end back that was reported', () => {
    const stale = reported({ status: 'in_progress', confirmed: true }, 100);
    expect(recordOf(stale, hint).status).toBe('completed');
  });
});

describe('a call that only the carrier has spoken of', () => {
  test('keeps the status that was reported while it is quiet', () => {
    const record = recordOf(reported({ status: 'ringing' }, 1), quiet);
    expect(record).toMatchObject({ status: 'ringing', endedAt: undefined });
  });

  test('ended as the carrier says, not as quiet', () => {
    const busy = reported({ status: 'busy' }, 5);
    expect(recordOf(busy, quiet)).toMatchObject({ status: 'busy', endReason: undefined });
    const failed = reported({ status: 'in_progress', error: 'Streaming_call_throttled' }, 5);
    expect(recordOf(failed, quiet)).toMatchObject({ endReason: 'Streaming_call_throttled' });
  });

  test('is completed when it is quiet and its agent reported turns', () => {
    const turn = event('turn.completed', { speaker: 'user', text: 'yes' }, 6, 'http:1');
    expect(recordOf(reported({ status: 'in_progress' }, 5), turn, quiet).status).toBe('completed');
  });
});

test('reports in any order, each of them up to three times, give the same record', () => {
  const status = fc.constantFrom('initiated', 'ringing', 'in_progress', 'busy', 'completed') as fc.Arbitrary<
    EventData<'call.status_reported'>['status']
  >;
  const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const report = fc
    .record({
      status,
      confirmed: some(fc.boolean()),
      price: some(fc.constantFrom('0.1', '0.2')),
      error: some(fc.constantFrom('a', 'b')),
      disconnectedBy: some(fc.constantFrom('bot', 'user')),
      durationSeconds: some(fc.nat(9)),
      recordingUrl: some(fc.constantFrom('https://r/1', 'https://r/2')),
    })
    .chain((data) =>
      fc
        .nat(5)
        .map((at) => reported(JSON.parse(JSON.stringify(data)) as EventData<'call.status_reported'>, at)),
    );
  const events = fc.array(fc.oneof(report, fc.constant(quiet)), { maxLength: 8 });
  fc.assert(
    fc.property(events, fc.infiniteStream(fc.nat()), (once, random) => {
      const shuffled = [...once, ...once, ...once]
        .map((value) => ({ value, key: random.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ value }) => value);
      expect(recordOf(...shuffled)).toEqual(recordOf(...once));
    }),
    { numRuns: 500 },
  );
});
