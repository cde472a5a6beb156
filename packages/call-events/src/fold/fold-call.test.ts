import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type KnownEvent } from '../events/call-event.ts';
import { toCallRecord } from '../record/call-record.ts';
import { initialState, type CallState } from './call-state.ts';
import { foldCall, foldEvents } from './fold-call.ts';
import { CALL, eventAt as event, T0 } from '../testing/index.ts';

function fold(events: readonly KnownEvent[], from: CallState = initialState(CALL)): CallState {
  return events.reduce(foldCall, from);
}

const started = event('call.started', { connectionId: 'c1', from: '+919800000001', to: '+918000000000' }, 0);
const asked = event('turn.completed', { speaker: 'ai', text: 'What is your budget?' }, 5);
const answered = event('turn.completed', { speaker: 'user', text: 'Around 50 lakhs' }, 8);
const budget = event('data.collected', { fields: { budget: 5_000_000 } }, 9);
const ended = event('call.ended', { connectionId: 'c1', reason: 'callended' }, 45);

describe('a whole call', () => {
  const record = toCallRecord(fold([started, asked, answered, budget, ended]));

  test('is completed, with its transcript and its data', () => {
    expect(record).toMatchObject({
      status: 'completed',
      endReason: 'callended',
      durationSeconds: 45,
      fromNumber: '+919800000001',
      lead: { phone: '+919800000001' },
      collectedData: { budget: 5_000_000 },
      version: 5,
    });
    expect(record.transcript.map(({ speaker, text }) => [speaker, text])).toEqual([
      ['ai', 'What is your budget?'],
      ['user', 'Around 50 lakhs'],
    ]);
  });
});

test('an event applied twice changes nothing', () => {
  const state = fold([started, asked]);
  expect(foldCall(state, asked)).toBe(state);
});

test('many steps at once are as many steps', () => {
  const events = [started, asked, asked, answered, budget, ended];
  expect(toCallRecord(foldEvents(initialState(CALL), events))).toEqual(toCallRecord(fold(events)));
  const state = fold(events);
  expect(foldEvents(state, events)).toBe(state);
});

test('a step leaves the state that it was made of as it was', () => {
  const state = fold([started]);
  const before = toCallRecord(state);
  expect(toCallRecord(foldEvents(state, [asked, budget, ended]))).not.toEqual(before);
  expect(toCallRecord(state)).toEqual(before);
});

test('a second start never erases the transcript', () => {
  const again = event('call.started', { connectionId: 'c1' }, 10);
  const record = toCallRecord(fold([started, asked, again]));
  expect([record.transcript.length, record.fromNumber]).toEqual([1, '+919800000001']);
});

test('two connections of one call are a union, and the call goes on while one of them does', () => {
  const second = event('call.started', { connectionId: 'c2' }, 1, { source: 'gateway-2' });
  const heard = event('turn.completed', { speaker: 'user', text: 'yes' }, 6, { source: 'gateway-2' });
  const open = toCallRecord(fold([started, second, asked, heard, ended]));
  expect([open.status, open.transcript.length, open.endedAt]).toEqual(['in_progress', 2, undefined]);

  const lost = event('call.disconnected', { connectionId: 'c2', reason: 'socket_closed' }, 50);
  expect(toCallRecord(fold([lost, started, second, ended]))).toMatchObject({
    status: 'completed',
    endReason: 'callended',
  });
});

test('a late event raises the version and joins the transcript where it was spoken', () => {
  const before = fold([started, asked, ended]);
  const after = fold([answered], before);
  expect(after.version).toBe(before.version + 1);
  expect(toCallRecord(after).transcript.map(({ text }) => text)).toEqual([
    'What is your budget?',
    'Around 50 lakhs',
  ]);
});

test("the carrier's word on the end outranks the gateway's, and the gateway's the sweep's guess", () => {
  const lost = event('call.disconnected', { connectionId: 'c1', reason: 'gateway_lost' }, 60);
  const closed = event('call.disconnected', { connectionId: 'c1', reason: 'socket_closed' }, 40);
  expect(toCallRecord(fold([started, closed, lost])).endReason).toBe('socket_closed');
  expect(toCallRecord(fold([started, lost, closed, ended])).endReason).toBe('callended');
});

test('a call over HTTP alone is over when it has been quiet for long, and a connection opens it again', () => {
  const quiet = event('call.disconnected', { connectionId: 'http', reason: 'quiet' }, 8);
  expect(toCallRecord(fold([asked, answered])).status).toBe('in_progress');
  expect(toCallRecord(fold([asked, answered, quiet]))).toMatchObject({
    status: 'completed',
    endReason: 'quiet',
  });
  expect(toCallRecord(fold([asked, quiet, started])).status).toBe('in_progress');
  const closed = event('call.disconnected', { connectionId: 'c1', reason: 'socket_closed' }, 4);
  expect(toCallRecord(fold([asked, quiet, started, closed])).endReason).toBe('socket_closed');
});

test('of two values of a field the later one wins, however they arrive', () => {
  const raised = event('data.collected', { fields: { budget: 6_000_000 } }, 20);
  expect(toCallRecord(fold([raised, budget])).collectedData).toEqual({ budget: 6_000_000 });
});

test("the carrier's final status is not taken back by an earlier report", () => {
  const busy = event('call.status_reported', { status: 'busy' }, 3);
  const ringing = event('call.status_reported', { status: 'ringing' }, 4);
  expect(toCallRecord(fold([busy, ringing])).status).toBe('busy');
});

test('an event of an unknown type counts, and changes nothing else', () => {
  const novel = { ...asked, type: 'unknown' as const, unknownType: 'novel', data: {} };
  const state = foldCall(fold([started]), novel);
  expect([state.version, state.turns.length]).toEqual([2, 0]);
});

test('a field or a connection named __proto__ is one like any other', () => {
  const fields = JSON.parse('{"__proto__":1}') as { budget: number };
  const odd = event('call.started', { connectionId: '__proto__' }, 1);
  const state = fold([event('data.collected', { fields }, 2), odd]);
  expect(JSON.stringify(toCallRecord(state).collectedData)).toBe('{"__proto__":1}');
  expect(toCallRecord(state).status).toBe('in_progress');
});

test('metrics tell talk time, silence, latency and interruptions where times are known', () => {
  const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();
  const spoken = (speaker: 'ai' | 'user', from: number, to: number) =>
    event('turn.completed', { speaker, text: '…', startedAt: at(from), endedAt: at(to) }, to);
  const turns = [spoken('ai', 1, 4), spoken('user', 6, 8), spoken('ai', 9, 14), spoken('user', 13, 15)];
  expect(toCallRecord(fold([started, ...turns, ended])).metrics).toMatchObject({
    turns: 4,
    turns_by_speaker: { ai: 2, user: 2 },
    talk_ms: { ai: 8_000, user: 4_000 },
    longest_silence_ms: 2_000,
    response_latency_ms: { mean: 1_000, max: 1_000, count: 1 },
    interruptions: 1,
  });
});

test('what the times of turns do not tell is absent from the metrics', () => {
  const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();
  const timed = event('turn.completed', { speaker: 'user', text: '…', startedAt: at(1), endedAt: at(2) }, 2);
  const { metrics } = toCallRecord(fold([started, timed, asked, answered, ended]));
  expect(metrics.turns).toBe(3);
  expect(metrics.response_latency_ms).toBeUndefined();
  expect(metrics.longest_silence_ms).toBeUndefined();
});

describe('whatever the order of arrival', () => {
  const texts = fc.array(fc.string(), { maxLength: 8 });
  const seconds = fc.integer({ min: 0, max: 20 });
  const name = fc.constantFrom('a', 'b', '__proto__');
  const audio = (bytes: number) => ({
    sampleRate: 8_000,
    inboundBytes: bytes,
    outboundBytes: 0,
    inboundMs: bytes / 16,
    outboundMs: 0,
    frames: 1,
  });
  const anyEvent: fc.Arbitrary<KnownEvent> = fc.oneof(
    fc
      .tuple(fc.string(), seconds)
      .map(([text, at]) => event('turn.completed', { speaker: 'user', text }, at)),
    fc
      .tuple(fc.constantFrom('a', 'b'), fc.integer(), seconds)
      .map(([name, value, at]) => event('data.collected', { fields: { [name]: value } }, at)),
    fc
      .tuple(fc.constantFrom('c1', 'c2'), seconds)
      .map(([connectionId, at]) => event('call.started', { connectionId }, at)),
    fc
      .tuple(fc.constantFrom('c1', 'c2'), fc.constantFrom('idle', 'gateway_lost'), seconds)
      .map(([connectionId, reason, at]) => event('call.disconnected', { connectionId, reason }, at)),
    fc
      .tuple(fc.constantFrom('c1', 'c2'), seconds)
      .map(([connectionId, at]) => event('call.ended', { connectionId, reason: 'callended' }, at)),
    fc
      .tuple(fc.constantFrom('busy', 'completed', 'ringing'), seconds)
      .map(([status, at]) => event('call.status_reported', { status: status }, at)),
    fc.tuple(texts, seconds).map(([[stage = 'x'], at]) => event('stage.changed', { stage }, at)),
    fc.tuple(name, seconds).map(([text, at]) => event('objection.raised', { text }, at)),
    fc.tuple(name, seconds).map(([outcome, at]) => event('outcome.decided', { outcome }, at)),
    fc
      .tuple(name, fc.boolean(), seconds)
      .map(([statement, given, at]) => event('consent.recorded', { statement, given }, at)),
    fc.tuple(name, seconds).map(([tool, at]) => event('tool.called', { name: tool }, at)),
    fc
      .tuple(fc.boolean(), seconds)
      .map(([speaking, at]) => event('speaking.changed', { speaking, speaker: 'user' }, at)),
    fc.tuple(fc.constantFrom('1', '#'), seconds).map(([digit, at]) => event('dtmf.pressed', { digit }, at)),
    fc.tuple(name, seconds).map(([url, at]) => event('recording.available', { url }, at)),
    fc.tuple(name, seconds).map(([mark, at]) => event('mark.played', { name: mark }, at)),
    fc
      .tuple(name, seconds)
      .map(([mark, at]) =>
        event('playback.cleared', { connectionId: 'c1', cause: 'clear', marks: [mark] }, at),
      ),
    fc
      .tuple(fc.constantFrom('c1', 'c2'), fc.nat({ max: 9_000 }), seconds)
      .map(([connectionId, bytes, at]) => event('audio.summarised', { ...audio(bytes), connectionId }, at)),
  );

  test('the same events, each of them up to three times, give the same record', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (events, random) => {
        const tripled = [...events, ...events, ...events];
        const shuffled = tripled
          .map((value) => ({ value, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ value }) => value);
        expect(JSON.stringify(toCallRecord(fold(shuffled)))).toBe(JSON.stringify(toCallRecord(fold(events))));
      }),
      { numRuns: 500 },
    );
  });
});
