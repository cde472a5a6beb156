import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ExactNumber } from '../numbers/exact-number.ts';
import { MAX_JSON_DEPTH, toStorable } from './storable.ts';
import { type JsonValue } from './json.ts';

test('NUL and lone surrogates become U+FFFD, in keys as well', () => {
  expect(toStorable({ 'a\0': ['x\uD800y', 1, null, true] })).toMatchObject({
    value: { 'a\uFFFD': ['x\uFFFDy', 1, null, true] },
    changedStrings: 2,
  });
});

test('everything else is kept to the letter', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const json = JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '')) as JsonValue;
      expect(toStorable(json)).toMatchObject({ changedStrings: 0 });
      expect(toStorable(json)?.value).toEqual(json);
    }),
  );
});

test('a key named __proto__ is a key like any other', () => {
  const value = JSON.parse('{"__proto__":{"admin":true}}') as JsonValue;
  expect(JSON.stringify(toStorable(value)?.value)).toBe('{"__proto__":{"admin":true}}');
});

test('a value may be nested 64 deep, and no deeper', () => {
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as JsonValue;
  expect(toStorable(nested(MAX_JSON_DEPTH))).toBeDefined();
  expect(toStorable(nested(MAX_JSON_DEPTH + 1))).toBeUndefined();
  expect(toStorable(nested(10_000))).toBeUndefined();
});

test('keys that become the same stay apart, with their values', () => {
  const value = { 'a\0': 1, 'a\uFFFD': 2, 'a\uD800': 3, 'a\uFFFD\uFFFD': 4 };
  const stored = toStorable(value)?.value as Record<string, JsonValue>;
  expect(Object.values(stored).sort()).toEqual([1, 2, 3, 4]);
});

test('the fields of all objects are counted', () => {
  expect(toStorable({ a: { b: 1, c: [{ d: 2 }] }, e: null })?.fields).toBe(5);
});

test('a number keeps its digits, and one of more than a thousand is told of', () => {
  const number = new ExactNumber('1e400');
  expect(toStorable([number])).toMatchObject({ value: [number], hasTooLongNumber: false });
  expect(toStorable([[new ExactNumber('1e1000')]])?.hasTooLongNumber).toBe(true);
});
