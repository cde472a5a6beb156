import { describe, expect, test } from '@jest/globals';
import {
  decodeEvent,
  encodeEvent,
  foldCall,
  initialState,
  toCallRecord,
  type KnownEvent,
} from '@turnlog/call-events';
import { parsePlainCallback } from '../callbacks/parse-callback.ts';
import { readPassthru } from '../callbacks/read-passthru.ts';
import { readStatusCallback } from '../callbacks/read-status-callback.ts';
import { type CarrierReport } from '../callbacks/carrier-report.ts';
import fc from 'fast-check';
import { toCarrierEvents, type CarrierSource } from './to-carrier-events.ts';

const IST = 330;
const call = { tenant: 'default', callSid: 'CA1' };
const NOW = Date.UTC(2026, 0, 25, 12, 0, 0);

const report: CarrierReport = {
  callSid: 'CA1',
  status: 'completed',
  reportedAt: '2026-01-25T11:16:12.000Z',
  recordingUrl: 'https://r.example/1.mp3',
  raw: { Status: 'completed', DateUpdated: '2026-01-25 16:46:12' },
};
const eventsOf = (
  told: CarrierReport,
  { source = 'exotel:status', receivedAtMs = NOW }: { source?: CarrierSource; receivedAtMs?: number } = {},
) => toCarrierEvents(told, { call, source, receivedAtMs });
const idsOf = (events: readonly KnownEvent[]) => events.map(({ id }) => id);

test('a report becomes its status and its recording, at its own time', () => {
  expect(eventsOf(report)).toMatchObject([
    {
      type: 'call.status_reported',
      at: '2026-01-25T11:16:12.000Z',
      data: { status: 'completed', raw: { DateUpdated: '2026-01-25 16:46:12' } },
    },
    { type: 'recording.available', data: { url: 'https://r.example/1.mp3' } },
  ]);
});

test('a report without a time, or with one in the far future, has the time of its receipt', () => {
  const timeless: CarrierReport = { callSid: 'CA1', status: 'completed', raw: {} };
  for (const told of [timeless, { ...report, reportedAt: '2036-01-25T11:16:12.000Z' }]) {
    expect(eventsOf(told)[0]?.at).toBe(new Date(NOW).toISOString());
  }
});

describe('the id of an event', () => {
  test('is the same whenever the report arrives, and whatever the order of its fields', () => {
    const raw = { DateUpdated: '2026-01-25 16:46:12', Status: 'completed' };
    const repeated = eventsOf({ ...report, raw }, { receivedAtMs: NOW + 60_000 });
    expect(idsOf(repeated)).toEqual(idsOf(eventsOf(report)));
  });

  test('differs with every field of the report, its call and its tenant', () => {
    const others = [
      eventsOf({ ...report, status: 'busy' }),
      eventsOf({ ...report, reportedAt: '2026-01-25T11:16:13.000Z' }),
      eventsOf({ ...report, raw: { ...report.raw, Legs: 'x' } }),
      eventsOf(report, { source: 'exotel:passthru' }),
      toCarrierEvents(report, {
        call: { ...call, callSid: 'CA2' },
        source: 'exotel:status',
        receivedAtMs: NOW,
      }),
      toCarrierEvents(report, { call: { ...call, tenant: 'b' }, source: 'exotel:status', receivedAtMs: NOW }),
    ];
    const ids = [eventsOf(report), ...others].map((events) => events[0]?.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('text that Postgres refuses is replaced, and the original message kept', () => {
  const message = Buffer.from('as it came');
  const [event] = toCarrierEvents(
    { ...report, direction: 'a\0b' },
    { call, source: 'exotel:status', receivedAtMs: NOW, message },
  );
  expect(event).toMatchObject({ data: { direction: 'a\uFFFDb' }, original: message.toString('base64') });
});

test('callbacks in any order, with any repeats, give the same record', () => {
  const time = (seconds: number) => `2026-01-25 16:46:${String(seconds).padStart(2, '0')}`;
  const seconds = fc.nat(5).map(time);
  const status = fc.record({
    CallSid: fc.constant('CA1'),
    DateUpdated: seconds,
    Status: fc.constantFrom('in-progress', 'completed', 'busy', 'no-answer', 'null', ''),
    EventType: fc.constantFrom('answered', 'terminal', 'ringing', ''),
    RecordingUrl: fc.constantFrom('', 'https://r.example/1', 'https://r.example/2'),
    ConversationDuration: fc.constantFrom('', '3', '44'),
    EndTime: fc.constantFrom('', '1970-01-01 05:30:00', time(9)),
  });
  const passthru = fc.record({
    CallSid: fc.constant('CA1'),
    CurrentTime: seconds,
    'Stream[Status]': fc.constantFrom('completed', 'failed', 'cancelled'),
    'Stream[DisconnectedBy]': fc.constantFrom('bot', 'user', 'NA'),
    'Stream[Error]': fc.constantFrom('', '3009'),
  });
  const read = (fields: object, isPassthru: boolean): KnownEvent[] => {
    const parsed = parsePlainCallback({
      query: new URLSearchParams({ ...fields }).toString(),
      contentType: undefined,
      body: Buffer.alloc(0),
    });
    const result = parsed.ok && (isPassthru ? readPassthru : readStatusCallback)(parsed.fields, IST);
    if (result === false || !result.ok) throw new Error('not read');
    return eventsOf(result.report, { source: isPassthru ? 'exotel:passthru' : 'exotel:status' });
  };
  const recordOf = (events: readonly KnownEvent[]) =>
    toCallRecord(events.map(reread).reduce(foldCall, initialState(call)));
  const callbacks = fc.array(
    fc.oneof(
      status.map((fields) => ({ fields, isPassthru: false })),
      passthru.map((fields) => ({ fields, isPassthru: true })),
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(callbacks, fc.infiniteStream(fc.nat()), (told, random) => {
      const once = told.map(({ fields, isPassthru }) => read(fields, isPassthru));
      const shuffled = [...once, ...once, ...once]
        .map((value) => ({ value, key: random.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .flatMap(({ value }) => value);
      expect(recordOf(shuffled)).toEqual(recordOf(once.flat()));
    }),
    { numRuns: 300 },
  );
});

/** As a log returns it. */
function reread(event: KnownEvent): KnownEvent {
  const decoded = decodeEvent(encodeEvent(event));
  if (!decoded.ok || decoded.event.type === 'unknown') throw new Error('not an event');
  return decoded.event;
}
