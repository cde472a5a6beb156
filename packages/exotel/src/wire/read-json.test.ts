import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePlainCallback } from '../callbacks/parse-callback.ts';
import { parseExotelFrame } from './parse-exotel-frame.ts';
import { readJson } from './read-json.ts';

describe('a number that JavaScript would change is read as its digits', () => {
  test.each(['1234567890123456789', '1e400', '-0', '10.50', '0.0000001', '-9007199254740993', '1E5'])(
    '%s',
    (digits) => {
      expect(readJson(digits)).toBe(digits);
      expect(readJson(`{"a":[${digits} , "${digits}"],"${digits}":{"b":${digits}}}`)).toEqual({
        a: [digits, digits],
        [digits]: { b: digits },
      });
    },
  );

  test('everything else is read or refused as by JSON.parse', () => {
    const read = (parse: (text: string) => unknown, text: string): unknown => {
      try {
        return [parse(text)];
      } catch {
        return 'not JSON';
      }
    };
    const noise = fc
      .array(
        fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\"', ' ', '12', '01', '1.', 'true', '"a"'),
        { maxLength: 10 },
      )
      .map((parts) => parts.join(''));
    const isChanged = (value: unknown): boolean =>
      /[\d.]{16}|[\d.][eE]|-0|\.\d*0|0\.0{6}/.test(JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(fc.json(), noise), (text) => {
        const native = read((each) => JSON.parse(each) as unknown, text);
        if (isChanged(native) || isChanged(text)) return;
        expect(read(readJson, text)).toEqual(native);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    '{9007199254740993:1}',
    '[01234567890123456789]',
    '["a"9007199254740993]',
    '[9007199254740993.]',
  ])('%s is not JSON', (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError);
  });
});

describe('a stream whose ids, numbers and parameters are JSON numbers', () => {
  const start = (callSid: string) =>
    parseExotelFrame(
      `{"event":"start","stream_sid":1111111111111111119,"start":{"call_sid":${callSid},"account_sid":2222222222222222229,` +
        `"from":919876543210,"to":91987654321012345678,"custom_parameters":{"lead":3333333333333333339,"price":10.50}}}`,
    );

  test('keeps all their digits', () => {
    expect(start('1234567890123456789')).toMatchObject({
      callSid: '1234567890123456789',
      streamSid: '1111111111111111119',
      accountSid: '2222222222222222229',
      from: '919876543210',
      to: '91987654321012345678',
      customParameters: { lead: '3333333333333333339', price: '10.50' },
    });
  });

  test('differs from one whose id has another last digit', () => {
    expect(start('1234567890123456788')).toMatchObject({ callSid: '1234567890123456788' });
  });

  test('has the same id in its audio, its marks and its stop', () => {
    for (const text of [
      '{"event":"media","stream_sid":1111111111111111119,"media":{"payload":"AAA="}}',
      '{"event":"media","streamSid":1111111111111111119,"media":{"payload":"AAA="}}',
      '{"event":"mark","stream_sid":1111111111111111119,"mark":{"name":"m"}}',
      '{"event":"stop","stream_sid":1111111111111111119,"stop":{}}',
      '{"event":"clear","stream_sid":1111111111111111119}',
    ]) {
      expect(parseExotelFrame(text)).toMatchObject({ streamSid: '1111111111111111119' });
    }
  });
});

test('a callback whose sid and price are JSON numbers keeps their digits', () => {
  const body = Buffer.from(
    '{"CallSid":1234567890123456789,"Price":1.250000,"Stream":"{\\"StreamSID\\":1111111111111111119}"}',
  );
  const parsed = parsePlainCallback({ query: '', contentType: 'application/json', body });
  if (!parsed.ok) throw new Error(parsed.problem);
  expect(parsed.fields.raw).toEqual({
    CallSid: '1234567890123456789',
    Price: '1.250000',
    'Stream.StreamSID': '1111111111111111119',
  });
});
