import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MAX_JSON_DEPTH, toStorable } from './storable.ts';
import { type JsonValue } from './json.ts';

test('NUL and lone surrogates become U+FFFD, in keys as well', () => {
  expect(toStorable({ 'a\0': ['x\uD800y', 1, null, true] })).toEqual({
    value: { 'a\uFFFD': ['x\uFFFDy', 1, null, true] },
    changedStrings: 2,
  });
});

test('everything else is kept to the letter', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const json = JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '')) as JsonValue;
      expect(toStorable(json)).toEqual({ value: json, changedStrings: 0 });
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
