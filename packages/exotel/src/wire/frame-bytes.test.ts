import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseExotelFrame } from './parse-exotel-frame.ts';

/*
 * A frame is parsed as a whole. An earlier version removed the payload first, which changed other events with
 * a field of that name, and accepted texts that are not JSON.
 */
const AUDIO = Buffer.alloc(600, 7).toString('base64');

test('a parameter of the name payload is kept, however large the frame is', () => {
  for (const notes of ['', 'x'.repeat(2_000)]) {
    const start = { call_sid: 'CA1', custom_parameters: { payload: 'lead-4711', notes } };
    const frame = parseExotelFrame(Buffer.from(JSON.stringify({ event: 'start', start })));
    expect(frame).toMatchObject({ kind: 'start', customParameters: { payload: 'lead-4711' } });
  }
});

test('a frame whose payload has a raw line break is not JSON', () => {
  const text = `{"event":"tool","name":"crm","payload":"one\ntwo ${'x'.repeat(600)}"}`;
  expect(parseExotelFrame(Buffer.from(text))).toMatchObject({ kind: 'invalid', reason: 'not_json' });
});

test('any frame is read from its bytes as from its text, whatever is called payload in it', () => {
  const payload = fc.oneof(
    fc.constant(AUDIO),
    fc.base64String({ minLength: 500 }),
    fc.string({ unit: 'binary', minLength: 400 }),
    fc.constant('\0'),
    fc.constant('"payload":"'),
  );
  const holder = fc.record({ payload, track: fc.string(), 'x"payload': payload }, { requiredKeys: [] });
  const frame = fc.record(
    {
      event: fc.constantFrom('media', 'Media', 'start', 'dtmf', 'mark', 'stop', 'tool'),
      other: holder,
      media: holder,
      payload,
      start: fc.record({ custom_parameters: holder }),
      mark: fc.record({ name: payload }),
      extra: fc.jsonValue(),
    },
    { requiredKeys: ['event'] },
  );
  const spoilt = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => text.replace('"payload":"', '"payload":"\n'),
    (text) => text.replaceAll('\\u0000', '\0'),
    (text) => text.replace('"payload":"', '"payload": "'),
    (text) => text.slice(0, -1),
  );
  fc.assert(
    fc.property(frame, spoilt, (each, spoil) => {
      const text = spoil(JSON.stringify(each)).toWellFormed();
      expect(parseExotelFrame(Buffer.from(text))).toStrictEqual(parseExotelFrame(text));
    }),
    { numRuns: 500 },
  );
});
