import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EventData, type EventType, type KnownEvent } from '../events/call-event.ts';
import { eventAt, given, T0 } from '../testing/index.ts';

const event = <T extends EventType>(type: T, data: EventData<T>, atS: number, source = 'exotel:status') =>
  eventAt(type, data, atS, { source }) as KnownEvent;
const reported = (data: EventData<'call.status_reported'>, atS: number) =>
  event('call.status_reported', data, atS);
const recordOf = (...events: KnownEvent[]) => given(...events).record();
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
    expect(recordOf(failed, quiet)).toMatchObject({
      status: 'completed',
      endReason: 'Streaming_call_throttled',
    });
  });

  test('is over, when its bot ended the stream, once it is quiet, and not before', () => {
    const left = reported({ status: 'in_progress', disconnectedBy: 'bot', streamStatus: 'completed' }, 5);
    expect(recordOf(left)).toMatchObject({ status: 'in_progress', endReason: undefined, endedAt: undefined });
    expect(recordOf(left, quiet)).toMatchObject({ status: 'completed', endReason: 'bot' });
  });

  test('is over when the time of its end was reported, whatever its status', () => {
    const endedAt = new Date(T0 + 9_000).toISOString();
    expect(recordOf(reported({ status: 'in_progress', endedAt }, 10))).toMatchObject({
      status: 'completed',
      endedAt,
    });
  });

  test('is completed when it is quiet and its agent reported turns', () => {
    const turn = event('turn.completed', { speaker: 'user', text: 'yes' }, 6, 'http:1');
    expect(recordOf(reported({ status: 'in_progress' }, 5), turn, quiet).status).toBe('completed');
  });
});

describe('a status that was assumed', () => {
  const assumed = (atS: number) =>
    reported({ status: 'completed', assumed: true, statusWord: 'completed-no-answer', confirmed: true }, atS);

  test('ends the call, with the word of the carrier as its reason', () => {
    expect(recordOf(reported({ status: 'in_progress' }, 9), assumed(1))).toMatchObject({
      status: 'completed',
      endReason: 'completed-no-answer',
    });
  });

  test('gives way to any that was named', () => {
    for (const events of [
      [assumed(9), reported({ status: 'busy' }, 1)],
      [reported({ status: 'busy' }, 9), assumed(1)],
    ]) {
      expect(recordOf(...events)).toMatchObject({ status: 'busy', endReason: undefined });
    }
  });
});

describe('another leg', () => {
  const dial = (status: string, atS: number, more: Partial<EventData<'call.status_reported'>> = {}) =>
    reported(
      { status: 'busy', subject: 'leg', eventType: 'Dial', leg: { number: '0999', status }, ...more },
      atS,
    );

  test('does not change the status of the call', () => {
    const started = event('call.started', { connectionId: 'c1' }, 0, 'gateway-1');
    const ended = event('call.ended', { connectionId: 'c1', reason: 'callended' }, 30, 'gateway-1');
    expect(recordOf(started, dial('busy', 5)).status).toBe('in_progress');
    expect(recordOf(started, dial('busy', 5), ended)).toMatchObject({
      status: 'completed',
      endReason: 'callended',
    });
    expect(recordOf(reported({ status: 'ringing' }, 1), dial('busy', 5)).status).toBe('ringing');
  });

  test('is in the record with the newest word on it, and each leg once', () => {
    const outcome = reported(
      { status: 'in_progress', leg: { number: '0999', status: 'completed', durationSeconds: 12 } },
      40,
    );
    const other = dial('no-answer', 20, { leg: { number: '0888', status: 'no-answer' } });
    const events = [dial('busy', 5), other, outcome];
    const legs = [
      {
        ...{ number: '0999', status: 'completed', event: 'Dial', duration_seconds: 12 },
        timestamp: '2026-01-25T11:15:05.000Z',
      },
      { number: '0888', status: 'no-answer', event: 'Dial', timestamp: '2026-01-25T11:15:20.000Z' },
    ];
    expect(recordOf(...events).legs).toEqual(legs);
    expect(recordOf(...events.reverse()).legs).toEqual(legs);
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
      endedAt: some(fc.constantFrom('2026-01-25T11:15:09.000Z', '2026-01-25T11:15:10.000Z')),
      streamStatus: some(fc.constant('completed')),
      assumed: some(fc.constant(true)),
      statusWord: some(fc.constantFrom('x', 'y')),
      subject: some(fc.constant('leg' as const)),
      leg: some(
        fc.constantFrom({ number: '1', status: 'busy' }, { number: '1', agent: 'a' }, { number: '2' }),
      ),
      customField: some(fc.constantFrom('p', 'q')),
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
      const record = recordOf(...once);
      expect(recordOf(...shuffled)).toEqual(record);
      if (['initiated', 'ringing', 'in_progress'].includes(record.status)) {
        expect([record.endedAt, record.endReason]).toEqual([undefined, undefined]);
      }
    }),
    { numRuns: 500 },
  );
});
