import { describe, expect, it } from '@jest/globals';
import { growthOverTenfold } from '@turnlog/test-kit';
import fc from 'fast-check';
import { passesLuhn, passesVerhoeff } from './find/checksums.ts';
import { type Json, redactJson } from './redact/redact-json.ts';
import { redactBeginning, redactText } from './redact/redact-text.ts';
import { redactWords } from './redact/redact-words.ts';

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** A number with the last digit that its checksum needs. */
function completed(digits: string, passes: (digits: string) => boolean): string {
  const last = DIGITS.find((digit) => passes(digits + digit));
  return digits + (last ?? '');
}

const digitsOf = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...DIGITS), minLength: length, maxLength: length });
const card = digitsOf(14).map((digits) => completed(`4${digits}`, passesLuhn));
const aadhaar = digitsOf(10).map((digits) => completed(`5${digits}`, passesVerhoeff));
const phone = digitsOf(9).map((digits) => `9${digits}`);
const pan = fc.constantFrom('ABCPD1234F', 'zzzhz0000a', 'ＡＢＣＰＤ１２３４Ｆ');
const email = fc.constantFrom('a@b.co', 'first.last+tag@mail.example.in', 'यूज़र@उदाहरण.भारत', 'x＠y.com');
const scripts = ['0', '०', '０', '૦', '\u{1D7CE}'].map((zero) => zero.codePointAt(0) ?? 0);
const separators = ['', ' ', '-', '\u00A0', ' - ', '.', '\u2011', '\u200B', ' \u2060', '\n', '/'];

/** As people write it: in any script's digits, with separators. */
function written(
  number: fc.Arbitrary<string>,
): fc.Arbitrary<{ readonly number: string; readonly text: string }> {
  const style = fc.record({
    zero: fc.constantFrom(...scripts),
    separator: fc.constantFrom(...separators),
    every: fc.integer({ min: 1, max: 6 }),
  });
  return fc.tuple(number, style).map(([digits, { zero, separator, every }]) => {
    const shown = Array.from(digits, (digit) => String.fromCodePoint(zero + Number(digit)));
    const text = shown
      .map((digit, index) => (index > 0 && index % every === 0 ? separator + digit : digit))
      .join('');
    return { number: digits, text };
  });
}

const around = fc.constantFrom('', 'my number is ', 'नंबर ', '(', '"', 'है, ', 'x: ', '👨‍👩‍👧 ');
const anyPersonal = fc.oneof(
  written(card).map(({ text }) => text),
  written(aadhaar).map(({ text }) => text),
  written(phone).map(({ text }) => text),
  pan,
  email,
);
const anyText = fc
  .array(fc.oneof(anyPersonal, fc.string({ unit: 'grapheme' }), around), { maxLength: 6 })
  .map((parts) => parts.join(' '));

describe('redactText', () => {
  it.each([
    ['card', card],
    ['aadhaar', aadhaar],
    ['phone', phone],
  ])('finds a %s in any script, with separators between its digits', (kind, number) => {
    fc.assert(
      fc.property(written(number), around, around, ({ number: digits, text }, before, behind) => {
        const after = ` ${behind}`;
        const masked = redactText(`${before}${text}${after}`, 'mask');
        const shown = kind === 'phone' ? 2 : 4;
        expect(masked).toEqual({ text: `${before}[${kind} …${digits.slice(-shown)}]${after}`, count: 1 });
        expect(redactText(`${before}${text}${after}`, 'drop').text).toBe(`${before}[${kind}]${after}`);
      }),
      { numRuns: 300 },
    );
  });

  it('finds PAN and e-mail addresses', () => {
    fc.assert(
      fc.property(fc.oneof(pan, email), around, (text, before) => {
        fc.pre(!/[\p{L}\p{M}]$/u.test(before));
        expect(redactText(`${before}${text}, yes`, 'mask')).toMatchObject({ count: 1 });
        expect(redactText(`${before}${text}, yes`, 'mask').text).toMatch(/^.*\[(pan|email)\], yes$/su);
      }),
    );
  });

  it.each([
    ['+91 98765 43210', '[phone …10]'],
    ['call 09876543210.', 'call [phone …10].'],
    ['+44 20 7946 0958 or 98765-43210', '[phone …58] or [phone …10]'],
    ['(98765) 43210', '([phone …10]'],
    ['4111 1111 1111 1111 exp 12/29', '[card …1111] exp 12/29'],
    ['3782 822463 10005', '[card …0005]'],
    ['4111\u000b1111', '4111\u000b1111'],
    ['A B C P D 1 2 3 4 F', '[pan]'],
    ['write to Ravi.K@example.co.in.', 'write to [email].'],
    ['98765\uFFFD43210', '[phone …10]'],
  ])('redacts %j to %j', (text, masked) => expect(redactText(text, 'mask').text).toBe(masked));

  it.each([
    '50 lakhs, 5000000 rupees, flat 1203, sector 45',
    '2026-01-25T11:15:25.120Z',
    '1769339725120',
    '4111 1111 1111 1112',
    'order CA9876543210ab, 12345678901234567890123',
    'at @ home, @name, a@b',
    '10:30 to 11:45 on 25/01/2026',
    'ABCXD1234F',
    '',
  ])('leaves %j alone', (text) => expect(redactText(text, 'mask')).toEqual({ text, count: 0 }));

  it('changes nothing in mode none, or a second time', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom('mask', 'drop'), (text, mode) => {
        expect(redactText(text, 'none')).toEqual({ text, count: 0 });
        const once = redactText(text, mode).text;
        expect(redactText(once, mode)).toEqual({ text: once, count: 0 });
      }),
      { numRuns: 500 },
    );
  });

  it('takes time in proportion to the text, whatever it is', async () => {
    const hostile = [
      '9',
      '9 ',
      '@',
      'a@',
      'a.',
      'a@a.',
      '+',
      '+9',
      '-',
      ' ',
      'A B ',
      'ABCP',
      '４',
      '1-',
      '\u200B9',
      '(',
      '9\u200B',
      '٣',
    ];
    for (const unit of hostile) {
      const redact = (length: number): unknown => redactText(unit.repeat(length / unit.length), 'mask');
      const growth = await growthOverTenfold(redact, 30_000);
      expect({ unit, growth, isLinear: growth < 40 }).toEqual({ unit, growth, isLinear: true });
    }
  });
});

/** A number as its digits, for one that a JavaScript number would round. */
function inDigits(digits: string, writtenOut = digits): Json {
  return { digits, writtenOut: () => writtenOut };
}

describe('a number of JSON', () => {
  it('is personal data by its digits, however many there are, and with an exponent', () => {
    const value = {
      card: inDigits('4000000000000000006'),
      spelled: inDigits('4.111111111111111e15', '4111111111111111'),
      phone: inDigits('98765432100e-1', '9876543210.0'),
    };
    expect(redactJson(value, 'mask')).toEqual({
      value: { card: '[card …0006]', spelled: '[card …1111]', phone: '[phone …10].0' },
      count: 3,
    });
  });

  it('is written out only where that may make a number that is looked for', () => {
    const maxZeros: number[] = [];
    const small = { digits: '1e-900', writtenOut: (max: number) => `1e-900 ${maxZeros.push(max)}` };
    expect(redactJson([small, 1e300], 'mask')).toEqual({ value: [small, 1e300], count: 0 });
    expect(maxZeros).toEqual([19]);
  });

  it('stays as it is if it is not personal data', () => {
    const order = inDigits('750727362669608961');
    expect(redactJson({ order, large: 2 ** 60 }, 'drop')).toEqual({
      value: { order, large: 2 ** 60 },
      count: 0,
    });
  });

  it('is taken for a card if its last digits may be rounded', () => {
    fc.assert(
      fc.property(digitsOf(17), (digits) => {
        const rounded = Number(completed(`4${digits}`, passesLuhn));
        expect(redactJson({ rounded }, 'mask')).toEqual({ value: { rounded: '[card]' }, count: 1 });
      }),
    );
  });
});

describe('redactJson', () => {
  it('searches keys and values at any depth, and numbers', () => {
    const value = {
      phone: 9_876_543_210,
      'a@b.co': [{ note: 'call 98765 43210' }],
      budget: 5_000_000,
      ok: true,
    };
    expect(redactJson(value, 'mask')).toEqual({
      value: { phone: '[phone …10]', '[email]': [{ note: 'call [phone …10]' }], budget: 5_000_000, ok: true },
      count: 3,
    });
    expect(redactJson(value, 'drop')).toEqual({ value: { budget: 5_000_000, ok: true }, count: 3 });
    expect(redactJson(['a@b.co', 'me: a@b.co'], 'drop')).toEqual({ value: ['me: [email]'], count: 2 });
  });

  it('keeps two fields apart whose names are personal, and a name like __proto__', () => {
    const value = JSON.parse('{"a@b.co":1,"c@d.co":2,"__proto__":"a@b.co"}') as Json;
    expect(JSON.stringify(redactJson(value, 'mask').value)).toBe(
      '{"[email]":1,"[email] (2)":2,"__proto__":"[email]"}',
    );
  });

  it('keeps the shape of everything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { value: masked, count } = redactJson(value as Json, 'mask');
        if (count === 0) expect(masked).toEqual(value);
        expect(JSON.stringify(redactJson(value as Json, 'none').value)).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe('redactWords', () => {
  it('finds a number that no single word contains', () => {
    const words = ['it', 'is', '98765', '43210', 'yes'].map((text, startMs) => ({ text, startMs }));
    expect(redactWords(words, 'mask')).toEqual({
      words: ['it', 'is', '[phone]', '[phone]', 'yes'].map((text, startMs) => ({ text, startMs })),
      count: 1,
    });
    expect(redactWords(words, 'none')).toEqual({ words, count: 0 });
  });
});

describe('redactBeginning', () => {
  it('hides a number that was heard in part', () => {
    const whole = 'it is 98765 43210, yes';
    expect(redactBeginning('it is 98765', whole, 'mask')).toBe('it is [phone]');
    expect(redactBeginning('it is 98765 43210', whole, 'mask')).toBe('it is [phone …10]');
    expect(redactBeginning('it', whole, 'mask')).toBe('it');
    expect(redactBeginning('that is a@b.co', whole, 'mask')).toBe('that is [email]');
    expect(redactBeginning('it is 98765', whole, 'none')).toBe('it is 98765');
  });
});
