import { expect, test } from '@jest/globals';
import { prepareAhead } from './prepare-ahead.ts';

test('the next item is under way while one is in use, and no more than that', async () => {
  const begun: number[] = [];
  const prepare = (item: number): Promise<number> => {
    begun.push(item);
    return Promise.resolve(item * 10);
  };
  const seen: [number, number[]][] = [];

  for await (const prepared of prepareAhead([1, 2, 3], prepare)) seen.push([prepared, [...begun]]);

  expect(seen).toEqual([
    [10, [1, 2]],
    [20, [1, 2, 3]],
    [30, [1, 2, 3]],
  ]);
});

test('a failure is told when its turn comes', async () => {
  const prepare = (item: number): Promise<number> =>
    item === 2 ? Promise.reject(new Error('no')) : Promise.resolve(item);
  const seen: number[] = [];
  const run = async () => {
    for await (const prepared of prepareAhead([1, 2, 3], prepare)) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(prepared);
    }
  };

  await expect(run()).rejects.toThrow('no');
  expect(seen).toEqual([1]);
});
