import { expect, test } from '@jest/globals';
import { forEachConcurrently } from './for-each-concurrently.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('every item is done, and no more than the limit at once', async () => {
  let [underWay, most] = [0, 0];
  const done: number[] = [];

  await forEachConcurrently([1, 2, 3, 4, 5], 2, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await nextTurn();
    underWay -= 1;
    done.push(item);
  });

  expect(done).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test('after a failure none is begun, and the failure is thrown when those under way are done', async () => {
  const done: number[] = [];
  const running = forEachConcurrently([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error('the first');
    await nextTurn();
    done.push(item);
  });

  await expect(running).rejects.toThrow('the first');
  expect(done).toEqual([2]);
});

test('nothing is done for no items', async () => {
  await forEachConcurrently([], 2, () => Promise.reject(new Error('never called')));
});
