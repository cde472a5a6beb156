import { describe, expect, test } from '@jest/globals';
import { parseExotelFrame, type ParsedFrame } from '@turnlog/exotel';
import { shapes, type ShapeName } from '@turnlog/exotel-simulator';
import { newConnection, type ConnectionState } from './connection-state.ts';
import { endConnection, type AudioSummary } from './end-connection.ts';
import { readStreamRequest } from './stream-request.ts';
import {
  beginWithoutStart,
  isStartOfAnotherCall,
  isWorthRecording,
  translateFrame,
  type Step,
} from './translate-frame.ts';

const NOW = Date.UTC(2026, 0, 25);
const NO_AUDIO: AudioSummary = { inboundBytes: 0, outboundBytes: 0, inboundMs: 0, outboundMs: 0, frames: 0 };
const waiting = (url = '/exotel/stream') => newConnection('conn', readStreamRequest(url, 'voicebot'));
const frame = (json: unknown): ParsedFrame => parseExotelFrame(JSON.stringify(json));
const START = frame({ event: 'start', start: { call_sid: 'CA1', stream_sid: 'S1' } });
const MEDIA = frame({ event: 'media', stream_sid: 'S1', media: { payload: 'AAAA' } });

/** Runs frames one after another; returns the last step. */
function run(state: ConnectionState, ...frames: readonly ParsedFrame[]): Step {
  const steps: Step[] = [];
  for (const next of frames) steps.push(translateFrame(steps.at(-1)?.state ?? state, next, NOW));
  const last = steps.at(-1);
  if (last === undefined) throw new Error('no frame was given');
  return last;
}

const opened = (): ConnectionState => run(waiting(), START).state;

describe('every shape of the wire gives the same call', () => {
  const call = {
    callSid: 'CA1',
    streamSid: 'S1',
    accountSid: 'A1',
    from: '+911',
    to: '+912',
    customParameters: { lead: '7' },
    sampleRate: 16_000,
  };

  test.each(Object.keys(shapes) as ShapeName[])('%s', (name) => {
    const step = run(waiting(), parseExotelFrame(shapes[name].start({ ...call, sequence: 1 })));
    const [event] = step.events;
    expect(step.state).toMatchObject({
      phase: 'open',
      callSid: 'CA1',
      streamSid: 'S1',
      isUnidentified: false,
    });
    expect(event).toMatchObject({ type: 'call.started', data: { connectionId: 'conn', streamSid: 'S1' } });
    if (name === 'minimal') return;
    expect(event?.data).toEqual({
      connectionId: 'conn',
      streamSid: 'S1',
      accountSid: 'A1',
      from: '+911',
      to: '+912',
      applet: 'voicebot',
      sampleRate: 16_000,
      customParameters: { lead: '7' },
      encoding: expect.any(String),
    });
  });
});

test('a sample rate that only the custom parameters of the start have is used', () => {
  const start = frame({
    event: 'start',
    start: { call_sid: 'CA1', custom_parameters: { 'sample-rate': '16000' } },
  });
  expect(run(waiting(), start).state).toMatchObject({ sampleRate: 16_000, parameters: {} });
});

test.each([
  ['a leg id, where that is the only one', { event: 'start', start: { leg_sid: 'L1' } }, 'L1'],
  ['fields beside start', { event: 'start', callSid: 'CA2' }, 'CA2'],
  ['an id that says nothing', { event: 'start', start: { call_sid: 'None', leg_sid: 'L2' } }, 'L2'],
  ['an empty id before another', { event: 'start', start: { call_sid: '', callSid: 'CA3' } }, 'CA3'],
  ['nothing but "null"', { event: 'start', start: { call_sid: 'null' } }, 'unidentified-conn'],
  ['a number as id', { event: 'start', start: { call_sid: 42 } }, '42'],
  ['no id at all', { event: 'start' }, 'unidentified-conn'],
  [
    'an id that is too long for one',
    { event: 'start', start: { call_sid: 'x'.repeat(129) } },
    'unidentified-conn',
  ],
  ['an id with control characters', { event: 'start', start: { call_sid: 'a\nb' } }, 'unidentified-conn'],
])('a start with %s is storable', (_what, json, callSid) => {
  const { state } = run(waiting(), frame(json));
  expect(state).toMatchObject({ phase: 'open', callSid, isUnidentified: callSid.startsWith('unidentified') });
});

test('the numbers in the URL are used if the start has none, and the start takes precedence', () => {
  const url = '/exotel/stream?From=%2B919800000001&CallTo=08040000001';
  const data = (step: Step) => step.events[0]?.data;
  expect(data(run(waiting(url), START))).toMatchObject({ from: '+919800000001', to: '08040000001' });
  const own = frame({ event: 'start', start: { call_sid: 'CA1', from: '+912', to: 'null' } });
  expect(data(run(waiting(url), own))).toMatchObject({ from: '+912', to: '08040000001' });
});

test('the event of a second start has its own fields', () => {
  const second = frame({
    event: 'start',
    start: { call_sid: 'CA1', from: '+911', custom_parameters: { lead: '7' } },
  });
  expect(run(opened(), second).events[0]).toMatchObject({
    type: 'call.started',
    data: { from: '+911', customParameters: { lead: '7' } },
  });
});

test.each([
  ['audio/x-mulaw;rate=8000', 'mulaw', undefined],
  ['PCMA', 'alaw', undefined],
  ['base64', 'pcm16', undefined],
  ['audio/opus', 'pcm16', { kind: 'unknown_encoding' }],
])('a stream of %s is read as %s, and the encoding is recorded', (encoding, codec, notice) => {
  const step = run(
    waiting(),
    frame({ event: 'start', start: { call_sid: 'CA1', media_format: { encoding } } }),
  );
  expect(step.state).toMatchObject({ codec });
  expect(step.events[0]?.data).toMatchObject({ encoding });
  expect(step.notice).toEqual(notice);
});

test.each([
  [{ content_type: 'audio/x-mulaw;rate=8000' }, 'mulaw'],
  [{ encoding: null, contentType: 'PCMU' }, 'mulaw'],
  ['audio/x-alaw;rate=16000', 'alaw'],
])('a format of %j is read as %s', (media_format, codec) => {
  expect(
    run(waiting(), frame({ event: 'start', start: { call_sid: 'CA1', media_format } })).state,
  ).toMatchObject({
    codec,
  });
});

test('the id in the URL is used if the start has none, and the start takes precedence', () => {
  expect(run(waiting('/media?call_sid=URL1'), frame({ event: 'start' })).state).toMatchObject({
    callSid: 'URL1',
  });
  expect(run(waiting('/media?CallSid=URL1'), START).state).toMatchObject({ callSid: 'CA1' });
});

test.each([
  [
    'dtmf',
    { event: 'dtmf', dtmf: { digit: '5', duration: '80' } },
    'dtmf.pressed',
    { digit: '5', durationMs: 80 },
  ],
  ['flat dtmf', { event: 'dtmf', digit: '#' }, 'dtmf.pressed', { digit: '#' }],
  ['mark', { event: 'mark', mark: { name: 'greeting' } }, 'mark.played', { name: 'greeting' }],
])('%s is an event', (_what, json, type, data) => {
  expect(run(opened(), frame(json)).events).toEqual([{ type, data, atMs: NOW }]);
});

test.each([
  ['stop with a reason', { event: 'stop', stop: { reason: 'callended' } }, 'callended'],
  ['flat stop', { event: 'stop', reason: 'hung up' }, 'hung up'],
  ['bare stop', { event: 'stop' }, 'stopped'],
  ['closed', { event: 'closed' }, 'closed'],
])('%s ends the connection', (_what, json, reason) => {
  expect(run(opened(), frame(json)).ending).toEqual({ kind: 'stopped', reason });
});

test.each([{ event: 'connected' }, { event: 'clear' }, { event: 'connected', protocol: 'Call' }])(
  '%j is nothing',
  (json) => {
    const state = opened();
    expect(run(state, frame(json))).toEqual({
      state,
      events: [],
      released: [],
      audio: undefined,
      ending: undefined,
      notice: undefined,
    });
  },
);

test('unknown and invalid frames change nothing and are reported', () => {
  const state = opened();
  expect(run(state, frame({ event: 'silence' }))).toMatchObject({
    state,
    notice: { kind: 'unknown_frame', event: 'silence' },
  });
  expect(run(state, parseExotelFrame('x'))).toMatchObject({
    state,
    notice: { kind: 'invalid_frame', reason: 'not_json' },
  });
});

test('audio passes through without a new state', () => {
  const state = opened();
  const step = run(state, MEDIA);
  expect(step.state).toBe(state);
  expect(step.audio).toBe(MEDIA);
});

test('frames before the start are held, and released in order', () => {
  const mark = frame({ event: 'mark', mark: { name: 'm' } });
  const step = run(waiting(), MEDIA, mark, START);
  expect(step.events.map(({ type }) => type)).toEqual(['call.started']);
  expect(step.released.map((held) => held.frame)).toEqual([MEDIA, mark]);
});

test('the wait for a start ends after a number of frames or bytes', () => {
  const byCount = run(waiting(), ...Array.from({ length: 100 }, () => MEDIA));
  expect(byCount.state).toMatchObject({ phase: 'open', isUnidentified: true, streamSid: 'S1' });
  expect(byCount.released).toHaveLength(100);
  const large = frame({ event: 'media', media: { payload: 'A'.repeat(140_000) } });
  expect(run(waiting(), ...Array.from({ length: 8 }, () => large)).state.phase).toBe('open');
});

test('a stop without a start opens its call, so that the end is recorded', () => {
  const step = run(waiting(), MEDIA, frame({ event: 'stop', stop: { call_sid: 'CA9' } }));
  expect(step.state).toMatchObject({ callSid: 'CA9' });
  expect(step.ending).toEqual({ kind: 'stopped', reason: 'stopped' });
  expect(step.released).toHaveLength(1);
});

test('a socket that only opened is not a call; with audio, or a call in its URL, it is one', () => {
  expect(isWorthRecording(waiting())).toBe(false);
  expect(isWorthRecording(waiting('/media?call_sid=CA1'))).toBe(true);
  const { state } = run(waiting(), MEDIA);
  if (state.phase !== 'waiting') throw new Error('the connection is open');
  expect(isWorthRecording(state)).toBe(true);
  expect(beginWithoutStart(state, NOW).state).toMatchObject({ callSid: 'unidentified-conn' });
});

test('a second start is recorded and erases nothing, and a start of another call is another connection', () => {
  const state = opened();
  const again = run(state, START);
  expect(again.state).toBe(state);
  expect(again.events.map(({ type }) => type)).toEqual(['call.started']);
  expect(isStartOfAnotherCall(state, START)).toBe(false);
  expect(isStartOfAnotherCall(state, frame({ event: 'start' }))).toBe(false);
  expect(isStartOfAnotherCall(state, frame({ event: 'start', start: { call_sid: 'CA2' } }))).toBe(true);
  expect(isStartOfAnotherCall(waiting(), START)).toBe(false);
});

test('the end is the summary and the end, once', () => {
  const state = opened();
  if (state.phase === 'waiting') throw new Error('the connection is waiting');
  const facts = { audio: NO_AUDIO, unheardMarks: ['m2', 'm3'], nowMs: NOW };
  const first = endConnection(state, { kind: 'stopped', reason: 'callended' }, facts);
  expect(first.events.map(({ type }) => type)).toEqual([
    'playback.cleared',
    'audio.summarised',
    'call.ended',
  ]);
  expect(first.events[0]?.data).toMatchObject({ cause: 'call_over', marks: ['m2', 'm3'] });
  const lost = { kind: 'lost', reason: 'socket_closed', closeCode: 1006 } as const;
  const second = endConnection(first.state, lost, facts);
  expect(second.events).toEqual([]);
  expect(translateFrame(first.state, MEDIA, NOW)).toMatchObject({
    audio: undefined,
    notice: { kind: 'frame_after_end' },
  });
  expect(isStartOfAnotherCall(first.state, START)).toBe(true);
});

test("the gateway's own words in the URL are no parameters of the call", () => {
  const { events } = run(
    waiting('/media?applet=stream&call_sid=CA1&token=t&campaign=c'),
    frame({ event: 'start' }),
  );
  expect(events[0]?.data).toMatchObject({ applet: 'stream', customParameters: { campaign: 'c' } });
});
