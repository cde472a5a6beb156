import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeClear, encodeMark, encodeMedia, namesNothing, parseExotelFrame } from '@turnlog/exotel';
import { shapes, type ShapeName } from './shapes.ts';

const id = fc
  .string({ minLength: 1, maxLength: 64, unit: 'grapheme' })
  .filter((text) => text.length <= 256 && !namesNothing(text));
const text = fc.string({ minLength: 1, maxLength: 50 }).filter((each) => !namesNothing(each));
const count = fc.nat();
const header = { streamSid: id, sequence: count };
const pcm = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
const parameters = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 20 }).filter((name) => name !== '__proto__'),
  fc.string({ maxLength: 50 }),
  { maxKeys: 3 },
);
const call = fc.record({
  ...header,
  callSid: id,
  accountSid: id,
  from: text,
  to: text,
  customParameters: parameters,
  sampleRate: fc.constantFrom(8000, 16000, 24000),
});

const numbered = Object.entries(shapes).filter(([name]) => name !== 'minimal') as [ShapeName, object][];

describe.each(numbered)('in the shape %s', (name) => {
  const shape = shapes[name];

  test('start comes back as it was announced', () => {
    fc.assert(
      fc.property(call, ({ sampleRate, ...announced }) => {
        const frame = parseExotelFrame(shape.start({ sampleRate, ...announced }));
        expect(frame).toMatchObject({ kind: 'start', ...announced, mediaFormat: { sampleRate }, extra: {} });
        expect(frame).toHaveProperty('customParameters', announced.customParameters);
      }),
    );
  });

  test('media, dtmf, mark, clear and stop come back as they were sent', () => {
    const sent = fc.record({ ...header, chunk: count, timestampMs: count, audio: pcm, name: text });
    fc.assert(
      fc.property(sent, ({ streamSid, sequence, chunk, timestampMs, audio, name }) => {
        const ids = { streamSid, sequence };
        const payload = audio.toString('base64');
        const media = parseExotelFrame(shape.media({ ...ids, chunk, timestampMs, payload }));
        expect(media).toMatchObject({ kind: 'media', ...ids, chunk, payload, byteLength: audio.length });
        expect(Number((media as { timestamp: unknown }).timestamp)).toBe(timestampMs);

        const dtmf = shape.dtmf({ ...ids, digit: '*', durationMs: chunk });
        expect(parseExotelFrame(dtmf)).toStrictEqual({ kind: 'dtmf', ...ids, digit: '*', durationMs: chunk });
        const mark = shape.mark({ ...ids, name });
        expect(parseExotelFrame(mark)).toStrictEqual({ kind: 'mark', ...ids, name });
        expect(parseExotelFrame(shape.clear(ids))).toStrictEqual({ kind: 'clear', ...ids });
        const stop = { ...ids, callSid: 'CA1', accountSid: 'AC1', reason: 'callended' };
        expect(parseExotelFrame(shape.stop(stop))).toStrictEqual({ kind: 'stop', event: 'stop', ...stop });
      }),
    );
  });

  test('connected is recognised', () => {
    expect(parseExotelFrame(shape.connected())).toHaveProperty('kind', 'connected');
  });
});

test('the minimal shape is recognised, and identifies the stream and the call', () => {
  const shape = shapes.minimal;
  fc.assert(
    fc.property(call, ({ streamSid, callSid, ...rest }) => {
      const frame = parseExotelFrame(shape.start({ streamSid, callSid, ...rest }));
      expect(frame).toMatchObject({ kind: 'start', streamSid, callSid, customParameters: {}, extra: {} });
    }),
  );
  const sent = { streamSid: 'MZ1', sequence: 1 };
  expect(parseExotelFrame(shape.media({ ...sent, chunk: 1, timestampMs: 0, payload: 'AAAA' }))).toMatchObject(
    { kind: 'media', payload: 'AAAA' },
  );
  expect(parseExotelFrame(shape.dtmf({ ...sent, digit: '1', durationMs: 9 }))).toMatchObject({ digit: '1' });
  expect(parseExotelFrame(shape.mark({ ...sent, name: 'a' }))).toMatchObject({ name: 'a' });
  expect(parseExotelFrame(shape.clear(sent))).toHaveProperty('kind', 'clear');
  expect(parseExotelFrame(shape.stop({ ...sent, callSid: '', accountSid: '', reason: '' }))).toHaveProperty(
    'kind',
    'stop',
  );
});

test('what we send to Exotel reads back as it was meant', () => {
  const sent = fc.record({ ...header, chunk: count, timestampMs: count, audio: pcm, name: text });
  fc.assert(
    fc.property(sent, ({ streamSid, sequence, chunk, timestampMs, audio, name }) => {
      const ids = { streamSid, sequence };
      const payload = audio.toString('base64');
      const media = { kind: 'media', ...ids, chunk, payload, timestamp: String(timestampMs) };
      expect(parseExotelFrame(encodeMedia({ ...ids, chunk, timestampMs, audio }))).toMatchObject(media);
      expect(parseExotelFrame(encodeMedia({ ...ids, chunk, timestampMs, audio: payload }))).toMatchObject(
        media,
      );
      expect(parseExotelFrame(encodeMark({ ...ids, name }))).toStrictEqual({ kind: 'mark', ...ids, name });
      expect(parseExotelFrame(encodeClear(ids))).toStrictEqual({ kind: 'clear', ...ids });
    }),
  );
});

test('what we send carries its numbers as strings and the id as `stream_sid`', () => {
  expect(
    JSON.parse(encodeMedia({ streamSid: 'MZ1', sequence: 3, chunk: 2, timestampMs: 100, audio: 'AAAA' })),
  ).toEqual({
    event: 'media',
    sequence_number: '3',
    stream_sid: 'MZ1',
    media: { chunk: '2', timestamp: '100', payload: 'AAAA' },
  });
});
