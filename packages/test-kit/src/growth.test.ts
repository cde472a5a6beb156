import { expect, test } from '@jest/globals';
import { growthOverTenfold } from './growth.ts';

function hash(times: number): number {
  let value = 0;
  for (let n = 0; n < times; n += 1) value = (31 * value + n) | 0;
  return value;
}

test('a task with linear time is distinguished from one with quadratic time', async () => {
  expect(await growthOverTenfold((length) => hash(length), 1_000_000)).toBeLessThan(40);
  expect(await growthOverTenfold((length) => hash(length ** 2), 1_000)).toBeGreaterThan(40);
});
