import { expect, test } from '@jest/globals';
import { memoryOf } from './memory-of.ts';
import { eventOf } from '../testing/index.ts';

const fields = (value: unknown) => eventOf(['data.collected', { fields: { value } as never }]);

test('many small objects weigh many times their text, and a long text about as much as it is long', () => {
  const objects = Array.from({ length: 10_000 }, () => ({}));
  expect(memoryOf(fields(objects))).toBeGreaterThan(15 * JSON.stringify(objects).length);
  const text = 'x'.repeat(100_000);
  expect(memoryOf(fields(text))).toBeLessThan(1.1 * text.length);
  expect(memoryOf(fields(text))).toBeGreaterThan(text.length);
});

test('what a tool answered is not kept, and does not count', () => {
  const result = Array.from({ length: 10_000 }, () => ({}));
  expect(memoryOf(eventOf(['tool.called', { name: 'n', result }]))).toBeLessThan(1_000);
});

test('a value may be nested as deep as JSON can be', () => {
  const deep = JSON.parse(`${'['.repeat(5_000)}1${']'.repeat(5_000)}`) as unknown;
  expect(memoryOf(fields(deep))).toBeGreaterThan(5_000 * 48);
});
