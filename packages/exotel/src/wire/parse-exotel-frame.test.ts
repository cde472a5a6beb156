import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeAudio } from '../audio/decode-audio.ts';
import { parseExotelFrame } from './parse-exotel-frame.ts';

const parse = (frame: unknown) => parseExotelFrame(JSON.stringify(frame));
const pcm = Buffer.from([1, 0, 2, 0]);
const payload = pcm.toString('base64');

const start = {
  kind: 'start',
  streamSid: 'MZ1',
  sequence: 1,
  callSid: 'CA1',
  legSid: undefined,
  accountSid: 'AC1',
  from: '+919812345678',
  to: '08047112233',
  customParameters: { lead: '42' },
  mediaFormat: { encoding: 'audio/x-raw', sampleRate: 8000 },
  extra: {},
};

const documentedStart = {
  event: 'start',
  sequence_number: '1',
  stream_sid: 'MZ1',
  start: {
    stream_sid: 'MZ1',
    call_sid: 'CA1',
    account_sid: 'AC1',
    from: '+919812345678',
    to: '08047112233',
    custom_parameters: { lead: '42' },
    media_format: { encoding: 'audio/x-raw', sample_rate: '8000', bit_rate: '16' },
  },
};

const withStart = (fields: object) => ({
  ...documentedStart,
  start: { ...documentedStart.start, ...fields },
});

describe('a start frame', () => {
  test.each<[string, unknown, object]>([
    ['as the protocol page has it', documentedStart, start],
    ['numbered with a number', { ...documentedStart, sequence_number: 1 }, start],
    ['named by an `Event` key', { ...documentedStart, event: undefined, Event: 'start' }, start],
    [
      'with ids inside `start` only',
      { event: 'start', start: documentedStart.start },
      { ...start, sequence: undefined },
    ],
    ['flat', { event: 'start', sequence_number: '1', ...documentedStart.start }, start],
    [
      'in camel case with the format beside `start`',
      {
        event: 'start',
        sequenceNumber: 1,
        start: {
          streamSid: 'MZ1',
          callSid: 'CA1',
          accountSid: 'AC1',
          from: '+919812345678',
          to: '08047112233',
          customParameters: { lead: '42' },
        },
        mediaFormat: { encoding: 'audio/x-raw', sampleRate: 8000 },
      },
      start,
    ],
    [
      'with a leg id as its only id',
      { event: 'start', start: { leg_sid: 'LG1' } },
      {
        ...start,
        streamSid: undefined,
        sequence: undefined,
        callSid: 'LG1',
        legSid: 'LG1',
        accountSid: undefined,
        from: undefined,
        to: undefined,
        customParameters: {},
        mediaFormat: { encoding: undefined, sampleRate: undefined },
      },
    ],
    [
      'from a live call',
      withStart({
        leg_sid: 'LG1',
        custom_parameters: { 'leads/42': '' },
        media_format: { encoding: 'base64', sample_rate: 8000, bit_rate: '128kbps' },
      }),
      {
        ...start,
        legSid: 'LG1',
        customParameters: { 'leads/42': '' },
        mediaFormat: { encoding: 'base64', sampleRate: 8000 },
      },
    ],
    ['with "" for parameters', withStart({ custom_parameters: '' }), { ...start, customParameters: {} }],
    ['without parameters', withStart({ custom_parameters: undefined }), { ...start, customParameters: {} }],
    [
      'with parameters as a query',
      withStart({ custom_parameters: 'a=1&leads%2F42' }),
      { ...start, customParameters: { a: '1', 'leads/42': '' } },
    ],
    [
      'with parameters that are not text',
      withStart({ custom_parameters: { n: 1, yes: true, none: null, deep: { er: 'x' } } }),
      { ...start, customParameters: { n: '1', yes: 'true', none: '', 'deep.er': 'x' } },
    ],
    [
      'with undocumented fields',
      { ...withStart({ region: 'in', stream: { name: 'a' } }), version: 2 },
      { ...start, extra: { 'start.region': 'in', 'start.stream.name': 'a', version: 2 } },
    ],
  ])('is read %s', (_, frame, expected) => {
    expect(parse(frame)).toStrictEqual(expected);
  });

  test.each([
    ['8000', 8000],
    [8000, 8000],
    ['16kHz', 16000],
    ['8000Hz', 8000],
    ['fast', undefined],
    [null, undefined],
  ])('with sample rate %j means %s Hz', (sent, sampleRate) => {
    const frame = parse(withStart({ media_format: { sample_rate: sent } }));
    expect(frame).toMatchObject({ kind: 'start', mediaFormat: { sampleRate } });
  });

  test('keeps at most 32 unknown fields and 32 parameters, and cuts long ones', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, 'x'.repeat(5000)]));
    const frame = parse({ ...withStart({ custom_parameters: many }), ...many });
    if (frame.kind !== 'start') throw new Error(frame.kind);
    expect(Object.keys(frame.customParameters)).toHaveLength(32);
    expect(Object.keys(frame.extra)).toHaveLength(32);
    expect(frame.customParameters.k0).toHaveLength(1024);
    expect(frame.extra.k0).toHaveLength(256);
  });

  test('ignores `__proto__`', () => {
    const frame = parseExotelFrame(
      '{"__proto__":{"event":"stop"},"event":"start","start":{"__proto__":{"call_sid":"X"},"custom_parameters":{"__proto__":"y","a":"1"}}}',
    );
    expect(frame).toMatchObject({
      kind: 'start',
      callSid: undefined,
      customParameters: { a: '1' },
      extra: {},
    });
    expect(Object.keys((frame as { customParameters: object }).customParameters)).toEqual(['a']);
  });
});

const media = {
  kind: 'media',
  streamSid: 'MZ1',
  sequence: 3,
  payload,
  byteLength: 4,
  chunk: 2,
  timestamp: '200',
  track: undefined,
};

describe('a media frame', () => {
  test.each<[string, unknown, object]>([
    [
      'as the protocol page has it',
      {
        event: 'media',
        sequence_number: '3',
        stream_sid: 'MZ1',
        media: { chunk: '2', timestamp: '200', payload },
      },
      media,
    ],
    [
      'with numbers',
      {
        event: 'media',
        sequence_number: 3,
        stream_sid: 'MZ1',
        media: { chunk: 2, timestamp: '200', payload },
      },
      media,
    ],
    [
      'in camel case',
      { event: 'media', sequenceNumber: 3, streamSid: 'MZ1', media: { chunk: 2, timestamp: '200', payload } },
      media,
    ],
    [
      'numbered inside',
      {
        event: 'media',
        stream_sid: 'MZ1',
        media: { sequenceNumber: '3', chunk: '2', timestamp: '200', payload },
      },
      media,
    ],
    [
      'with a `Payload`',
      {
        event: 'media',
        sequence_number: '3',
        stream_sid: 'MZ1',
        media: { chunk: '2', timestamp: '200', Payload: payload },
      },
      media,
    ],
    [
      'bare',
      { event: 'media', media: { payload } },
      {
        ...media,
        streamSid: undefined,
        sequence: undefined,
        chunk: undefined,
        timestamp: undefined,
      },
    ],
    [
      'flat, with an ISO timestamp and a track',
      {
        event: 'media',
        stream_sid: 'MZ1',
        payload,
        chunk: 0,
        timestamp: '2026-01-25T11:15:25.120Z',
        track: 'inbound',
      },
      {
        ...media,
        sequence: undefined,
        chunk: 0,
        timestamp: '2026-01-25T11:15:25.120Z',
        track: 'inbound',
      },
    ],
    [
      'numbered with garbage',
      {
        event: 'media',
        sequence_number: ' ',
        stream_sid: '',
        media: { chunk: 'first', timestamp: null, payload },
      },
      {
        ...media,
        streamSid: undefined,
        sequence: undefined,
        chunk: undefined,
        timestamp: undefined,
      },
    ],
  ])('is read %s', (_, frame, expected) => {
    expect(parse(frame)).toStrictEqual(expected);
  });

  test('is read from bytes as from text', () => {
    const text = JSON.stringify({ event: 'media', stream_sid: 'मज़ा', media: { payload } });
    expect(parseExotelFrame(Buffer.from(text))).toStrictEqual(parseExotelFrame(text));
  });

  test('loses the line breaks that some base64 encoders add', () => {
    const audio = Buffer.alloc(300, 7);
    const wrapped = audio.toString('base64').replace(/.{76}/g, '$&\r\n') + '\n';
    const frame = parse({ event: 'media', media: { payload: wrapped } });
    if (frame.kind !== 'media') throw new Error(frame.kind);
    expect(frame.byteLength).toBe(300);
    expect(decodeAudio(frame.payload)).toStrictEqual({ ok: true, pcm: audio });
  });
});

describe('the other events', () => {
  const header = { streamSid: 'MZ1', sequence: 9 };
  const ids = { stream_sid: 'MZ1', sequence_number: '9' };
  const stop = { kind: 'stop', event: 'stop', ...header, callSid: 'CA1', accountSid: 'AC1' };

  test.each<[object, object]>([
    [{ event: 'connected' }, { kind: 'connected', streamSid: undefined, sequence: undefined }],
    [
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      { kind: 'connected', streamSid: undefined, sequence: undefined },
    ],
    [
      { event: 'dtmf', ...ids, dtmf: { digit: '#', duration: '120' } },
      { kind: 'dtmf', ...header, digit: '#', durationMs: 120 },
    ],
    [
      { event: 'dtmf', ...ids, dtmf: { digit: 5, finished: true } },
      { kind: 'dtmf', ...header, digit: '5', durationMs: undefined },
    ],
    [
      { event: 'dtmf', ...ids, digit: '0' },
      { kind: 'dtmf', ...header, digit: '0', durationMs: undefined },
    ],
    [
      { event: 'mark', ...ids, mark: { name: 'greeting' } },
      { kind: 'mark', ...header, name: 'greeting' },
    ],
    [
      { event: 'clear', ...ids },
      { kind: 'clear', ...header },
    ],
    [
      { event: 'stop', ...ids, stop: { call_sid: 'CA1', account_sid: 'AC1', reason: 'callended' } },
      { ...stop, reason: 'callended' },
    ],
    [
      { event: 'stop', ...ids, call_sid: 'CA1', account_sid: 'AC1', reason: 'stopped' },
      { ...stop, reason: 'stopped' },
    ],
    [
      { event: 'stop', stop: { streamSid: 'MZ1', callSid: 'CA1', accountSid: 'AC1' } },
      { ...stop, sequence: undefined, reason: undefined },
    ],
    [
      { event: 'closed', ...ids },
      { ...stop, event: 'closed', callSid: undefined, accountSid: undefined, reason: undefined },
    ],
    [
      { event: 'silence', ...ids },
      { kind: 'unknown', event: 'silence', ...header },
    ],
  ])('%j is read', (frame, expected) => {
    expect(parse(frame)).toStrictEqual(expected);
  });

  test('an identifier of absurd length counts as absent', () => {
    expect(parse({ event: 'clear', stream_sid: 'x'.repeat(257) })).toMatchObject({ streamSid: undefined });
  });

  test('the name of an unknown event is cut', () => {
    expect(parse({ event: 'x'.repeat(1000) })).toMatchObject({ event: 'x'.repeat(64) });
  });
});

describe('what is not a frame', () => {
  test.each<[string, object]>([
    ['', { reason: 'not_json' }],
    ['{"event":"media"', { reason: 'not_json' }],
    ['[]', { reason: 'not_an_object' }],
    ['null', { reason: 'not_an_object' }],
    ['"media"', { reason: 'not_an_object' }],
    ['{}', { reason: 'no_event' }],
    ['{"event":7}', { reason: 'no_event' }],
    ['{"event":"media"}', { reason: 'no_payload', event: 'media' }],
    ['{"event":"media","media":{"payload":5}}', { reason: 'no_payload', event: 'media' }],
    ['{"event":"media","media":{"payload":"AAAAA"}}', { reason: 'invalid_payload', event: 'media' }],
    ['{"event":"dtmf","dtmf":{}}', { reason: 'no_digit', event: 'dtmf' }],
    ['{"event":"mark"}', { reason: 'no_mark_name', event: 'mark' }],
  ])('%s is invalid, with the reason', (text, expected) => {
    expect(parseExotelFrame(text)).toStrictEqual({ kind: 'invalid', event: undefined, ...expected });
  });
});

describe('parsing never throws', () => {
  const keys = ['event', 'Event', 'start', 'media', 'stop', 'mark', 'dtmf', 'payload', 'custom_parameters'];
  const names = ['connected', 'start', 'media', 'dtmf', 'mark', 'clear', 'stop', 'closed'];
  const frameLike = fc.letrec((tie) => ({
    frame: fc.dictionary(fc.constantFrom(...keys, 'media_format', '__proto__', 'call_sid'), tie('value')),
    value: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.constantFrom(...names), tie('frame')),
  }));

  test('for any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseExotelFrame(text)));
  });

  test('for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseExotelFrame(Buffer.from(bytes))));
  });

  test('for any JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => void parseExotelFrame(text)));
  });

  test('for any event with any fields', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), frameLike.frame, (event, frame) => {
        expect(parse({ ...(frame as object), event })).toHaveProperty('kind');
      }),
      { numRuns: 1000 },
    );
  });

  test('for nesting as deep as a frame allows', () => {
    const depth = 100_000;
    const deep = '['.repeat(depth) + ']'.repeat(depth);
    expect(
      parseExotelFrame(`{"event":"start","start":{"custom_parameters":${deep},"x":${deep}}}`),
    ).toMatchObject({
      kind: 'start',
      customParameters: {},
    });
  });
});

test('a start with an unfilled call sid has none there, and uses another field', () => {
  for (const nothing of ['None', '{{CallSid}}', '${CallSid}', '$CallSid', '%CallSid%', '<CallSid>']) {
    const start = { call_sid: nothing, callSid: 'CA1', stream_sid: nothing };
    expect(parseExotelFrame(JSON.stringify({ event: 'start', start }))).toMatchObject({
      ...{ callSid: 'CA1', streamSid: undefined },
    });
  }
});
