import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalNumber, readDecimal } from './decimal.ts';
import { ExactNumber, NUMBER_MARK } from './exact-number.ts';
import { parseExactly, parseJson } from './parse-json.ts';
import { stringifyJson } from './exact-number.ts';

const digits = fc.stringMatching(/^\d{1,25}$/);
const jsonNumber = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.stringMatching(/^(?:0|[1-9]\d{0,24})$/),
    fc.option(digits, { nil: undefined }),
    fc.option(fc.stringMatching(/^[eE][+-]?\d{1,3}$/), { nil: '' }),
  )
  .map(
    ([minus, whole, fraction, power]) =>
      `${minus}${whole}${fraction === undefined ? '' : `.${fraction}`}${power}`,
  );

describe('JSON whose numbers are kept', () => {
  test.each([
    '9007199254740993',
    '750727362669608961',
    '50000000000000000001',
    '-1234567890123456789',
    '0.1234567890123456789',
    '1e400',
    '1E-400',
    '-0',
    '10.50',
    '1e3',
    '0.0000001',
    '[9007199254740993,[1,{"a":1e400}],"1e400"]',
    '{"__proto__":9007199254740993,"9007199254740993":1e5}',
    '{"text":"he said \\"9007199254740993\\\\","n":9007199254740993}',
  ])('%s comes back to the letter', (text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  test('any number comes back to the letter, wherever it stands', () => {
    const place = fc.constantFrom<(n: string) => string>(
      (n) => n,
      (n) => `[${n}]`,
      (n) => `{"a":${n}}`,
      (n) => `["x",${n},${n}]`,
      (n) => `{"a":{"b":[true,${n},"${n}"]},"c":${n}}`,
    );
    fc.assert(
      fc.property(jsonNumber, place, (number, at) => {
        expect(stringifyJson(parseJson(at(number)))).toBe(at(number));
      }),
      { numRuns: 5_000 },
    );
  });

  test('blanks around a number change nothing', () => {
    fc.assert(
      fc.property(jsonNumber, fc.stringMatching(/^[ \t\n\r]{0,3}$/), (number, blank) => {
        const text = `{"a"${blank}:${blank}${number}${blank},"b":[${blank}${number}${blank}]}`;
        expect(stringifyJson(parseJson(text))).toBe(`{"a":${number},"b":[${number}]}`);
      }),
    );
  });

  test('everything else is read and refused as JSON.parse does', () => {
    const read = (parse: (text: string) => unknown, text: string): unknown => {
      try {
        return { value: parse(text) };
      } catch (error) {
        return (error as Error).name;
      }
    };
    const noise = fc
      .array(
        fc.constantFrom(
          ...Array.from('{}[]:,"\\ \n'),
          '"a"',
          '12',
          '-',
          '1.',
          '.5',
          '01',
          '1e',
          'true',
          'n',
          '\\"',
          '\\u0041',
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(noise, fc.json(), fc.string()), (text) => {
        const native = read((each) => JSON.parse(each) as unknown, text);
        const exact = read((each) => JSON.parse(stringifyJson(parseExactly(each))) as unknown, text);
        expect(exact).toEqual(native);
      }),
      { numRuns: 10_000 },
    );
  });

  test.each([
    '{9007199254740993:1}',
    '[1 9007199254740993]',
    '[09007199254740993]',
    '[9007199254740993.]',
    '["a"9007199254740993]',
    '[true9007199254740993]',
    '[+9007199254740993]',
    '[--9007199254740993]',
    '9007199254740993 9007199254740993',
  ])('%s is no JSON', (text) => {
    expect(() => parseExactly(text)).toThrow(SyntaxError);
  });

  test('a string is never taken for a number, whatever it says', () => {
    const value = { a: 'number:1', b: '"number:"', c: new ExactNumber('1e400'), d: '1e400' };
    expect(stringifyJson(value)).toBe('{"a":"number:1","b":"\\"number:\\"","c":1e400,"d":"1e400"}');
  });

  test('JSON.stringify writes its digits as a text, and not how it is marked', () => {
    stringifyJson(new ExactNumber('1e400'));
    expect(JSON.stringify([new ExactNumber('1e400')])).toBe('["1e400"]');
    expect(JSON.stringify([new ExactNumber('1e400')])).not.toContain(NUMBER_MARK);
  });

  test('a long text is read in a time that grows as its length', () => {
    const text = `[${'"\\\\\\"x",9007199254740993,'.repeat(100_000)}1]`;
    const startMs = performance.now();
    expect((parseJson(text) as unknown[]).length).toBe(200_001);
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});

describe('a decimal', () => {
  test.each([
    ['1.0', '1'],
    ['10e-1', '1'],
    ['-0', '0'],
    ['0e99', '0'],
    ['1200', '12e2'],
    ['0.0012', '1.2E-3'],
    ['-5', '-50e-1'],
  ])('%s is %s', (a, b) => {
    expect(canonicalNumber(a)).toBe(canonicalNumber(b));
  });

  test.each([
    ['9007199254740993', '9007199254740992'],
    ['1', '-1'],
    ['1e400', '1e401'],
  ])('%s is not %s', (a, b) => {
    expect(canonicalNumber(a)).not.toBe(canonicalNumber(b));
  });

  test.each([
    ['98765432100e-1', '9876543210.0'],
    ['4.111111111111111e15', '4111111111111111'],
    ['-1e-3', '-0.001'],
    ['12.50', '12.50'],
    ['0e2', '0'],
    ['1e5', '100000'],
    ['1e19', `1${'0'.repeat(19)}`],
    ['1e-19', `0.${'0'.repeat(18)}1`],
    ['4111111111111111000000000000000e-15', '4111111111111111.000000000000000'],
  ])('%s is written out as %s', (text, expected) => {
    expect(readDecimal(text).writtenOut(19)).toBe(expected);
  });

  test('is not written out where that takes too many zeros', () => {
    for (const text of ['1e20', '1e-20', '1e-900', '1e99999999999999999999'])
      expect(readDecimal(text).writtenOut(19)).toBeUndefined();
  });
});
