import { describe, expect, test } from '@jest/globals';
import { findInValue } from './find-in-value.ts';
import { phoneMatcher } from './phone-matcher.ts';
import { readPhone, type Region } from './phone.ts';

function finder(number: string, region: Region = 'IN') {
  const phone = readPhone(number, region);
  if (phone === undefined) throw new Error(`${number} is not a phone`);
  return phoneMatcher(phone, region);
}

describe('an Indian number is found in every notation', () => {
  const find = finder('+919876543210');

  test.each([
    '+919876543210',
    '919876543210',
    '09876543210',
    '9876543210',
    '0919876543210',
    '00919876543210',
    '0091-98765-43210',
    '91-09876543210',
    '91 (0) 98765 43210',
    '+91 98765 43210',
    '+91 (0) 98765-43210',
    '(+91) 98765.43210',
    '98 76 54 32 10',
    '9-8-7-6-5-4-3-2-1-0',
    'sip:+919876543210@pbx.example.com:5060',
    '<sip:9876543210@10.20.30.40>',
    '"Asha" <sip:09876543210@10.20.30.40;user=phone>',
    'tel:+91-98765-43210;ext=22',
    'tel:98765-43210;phone-context=+91',
    '+919876543210x22',
    '9876543210 ext 22',
    '9876543210,22',
    '9876543210 / 9123456780',
    '9123456780 / 9876543210',
    '9123456780,9876543210',
    '9123456780 9876543210',
    '91234 56780 98765 43210',
    '+911234567890 9876543210',
    '+44 7911 123456 9876543210',
    'my number is 98765 43210',
    'call me on 98765, 43210 please',
    'it is 9876543210.',
    'मेरा नंबर ९८७६५ ४३२१० है',
    '９８７６５４３２１０',
    '98765\u00a043210',
    '98765\u200b43210',
    '98765\n43210',
    'phone=%2B919876543210&lead=7',
    'phone=98765%2043210',
    'ph9876543210',
    'https://pay.example.com/upi?pa=9876543210@bank',
    '{"From":"09876543210"}',
  ])('%j', (text) => expect(find(text)).toBe('certain'));

  test.each([
    '+449876543210',
    '00449876543210',
    '+1 987 654 3210',
    '+91 98765 43211',
    '+91 9876543',
    '987654321',
    'nine eight seven',
    '2026-01-25T11:15:25.120Z',
    '',
  ])('and not in %j', (text) => expect(find(text)).toBe('none'));

  test.each([
    '12 98765 43210',
    '44 98765 43210',
    '98765432101',
    '+9876543210',
    'order A9876543210',
    '12345678909876543210123',
  ])('and %j is ambiguous', (text) => expect(find(text)).toBe('ambiguous'));
});

describe('numbers that end alike belong to two people', () => {
  test.each([
    ['+447911123456', '+917911123456', 'none'],
    ['+447911123456', '917911123456', 'none'],
    ['+447911123456', '+447911123456', 'certain'],
    ['+447911123456', '447911123456', 'certain'],
    ['+447911123456', '0044 7911 123456', 'certain'],
    ['+447911123456', '+44 (0)7911 123456', 'certain'],
    ['+447911123456', '07911123456', 'ambiguous'],
    ['+447911123456', '7911 123456', 'ambiguous'],
    ['+917911123456', '+447911123456', 'none'],
    ['+917911123456', '447911123456', 'none'],
    ['+917911123456', '07911123456', 'certain'],
    ['+6591234567', '+91 91234 56789', 'none'],
    ['+6591234567', '+65 9123 4567', 'certain'],
    ['+12025550143', '+912025550143', 'none'],
    ['+12025550143', '2025550143', 'ambiguous'],
    ['+12025550143', '12025550143', 'certain'],
    ['+390612345678', '+39 06 1234 5678', 'certain'],
  ])('%s in %j: %s', (number, text, finding) => expect(finder(number)(text)).toBe(finding));

  test('if a country code distinguishes them', () => {
    expect(finder('+447911123456')('+917911123456')).toBe('none');
    expect(finder('+919876543210')('+449876543210')).toBe('none');
  });

  test('and without a country code it is ambiguous', () => {
    expect(finder('+447911123456')('07911123456')).toBe('ambiguous');
  });

  test('and the region decides for a number without a country code', () => {
    expect(finder('+447911123456', 'GB')('07911 123456')).toBe('certain');
    expect(finder('+917911123456', 'GB')('07911 123456')).toBe('ambiguous');
  });
});

describe('in a value of JSON', () => {
  const find = finder('+919876543210');

  test.each([
    [{ a: [{ phone: '+91 98765 43210' }] }, 'certain'],
    [{ phone: 9_876_543_210 }, 'certain'],
    [{ phone: 919_876_543_210 }, 'certain'],
    [{ '9876543210': true }, 'certain'],
    [{ sentAtMs: 1_798_765_432_100 }, 'none'],
    [{ first: '98765', second: '43210' }, 'none'],
  ])('%j: %s', (value, finding) => expect(findInValue(value, find)).toBe(finding));
});

test('a text of many digits and separators takes time in proportion to its length', () => {
  const find = finder('+919876543210');
  const text = '9 8-7.6 5 4 3 2 1 -- '.repeat(50_000);
  const beganAt = performance.now();
  expect(find(text)).toBe('none');
  expect(performance.now() - beganAt).toBeLessThan(5_000);
});

test.each(['12', 'hello', '+91', '98765'])('%j is not a number to search', (text) => {
  expect(readPhone(text, 'IN')).toBeUndefined();
});
