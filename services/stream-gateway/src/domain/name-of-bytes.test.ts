import { expect, test } from '@jest/globals';
import { growthOverTenfold } from '@turnlog/test-kit';
import fc from 'fast-check';
import { nameOfBytes } from './name-of-bytes.ts';
import { splitMessages } from './split-messages.ts';

const LENGTH = 100_000;
const bodyOf = (unit: string, length: number): Buffer =>
  Buffer.from(`[{${unit.repeat(length / unit.length)}`);

const idOf = (text: string): string | undefined => nameOfBytes(Buffer.from(text)).id;

test.each([
  ['{"event":"x","id":"a1"}', 'a1'],
  ['{"id" : "a,}]1" , "x":1}', 'a,}]1'],
  ['{"data":{"id":"inner"},"id":7}', '7'],
  ['{"id":9007199254740993}', '9007199254740993'],
  ['{"event":"id","x":"id"}', undefined],
  ['{"id":"one","id":"two"}', 'two'],
  ['{"id":{"a":1}}', undefined],
  ['[{"id":"a"}]', undefined],
  ['{"id":"a', undefined],
  ['', undefined],
])('the id of %s is %s', (text, id) => {
  expect(idOf(text)).toBe(id);
});

test('a revision is found as well', () => {
  expect(nameOfBytes(Buffer.from('{"id":"a","revision":3,"x":{"revision":4}}'))).toEqual({
    id: 'a',
    revision: 3,
  });
  expect(nameOfBytes(Buffer.from('{"revision":"3"}'))).toEqual({ id: undefined, revision: undefined });
});

test('it is the id that a parser finds, whatever follows', () => {
  const id = fc.oneof(fc.string({ maxLength: 20 }), fc.nat());
  const rest = fc.dictionary(fc.constantFrom('id2', 'x', 'data', 'event', '"id":'), fc.jsonValue());
  fc.assert(
    fc.property(id, rest, rest, (own, before, after) => {
      const text = JSON.stringify({ ...before, id: own, ...after });
      expect(idOf(text)).toBe(String(own));
    }),
  );
});

test('it is found, and a body is split, in linear time', async () => {
  for (const unit of ['{', '[', '"', '\\', '{"id":', '"id":"', ',', '{},', '"a\\"']) {
    // Made beforehand: memory that is taken meanwhile has garbage collected, in a time that is that of the whole process.
    const bodies = new Map([LENGTH, 10 * LENGTH].map((length) => [length, bodyOf(unit, length)]));
    const run = (length: number): void => {
      const body = bodies.get(length) ?? Buffer.of();
      nameOfBytes(body.subarray(1));
      splitMessages(body, 1_000);
    };
    const growth = await growthOverTenfold(run, LENGTH);
    expect({ unit, growth, isLinear: growth < 40 }).toEqual({ unit, growth, isLinear: true });
  }
});
