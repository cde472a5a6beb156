import { deferred } from '@turnlog/service-kit';
import { expect, test } from '@jest/globals';
import { Semaphore } from './semaphore.ts';

/** Starts work of these weights, and reports which of it runs. */
function start(semaphore: Semaphore, weights: readonly number[]) {
  const running = new Set<number>();
  const ends = weights.map(() => deferred());
  const done = weights.map((weight, index) =>
    semaphore.use(async () => {
      running.add(index);
      await ends[index]?.promise;
      running.delete(index);
    }, weight),
  );
  const end = async (index: number) => {
    ends[index]?.resolve();
    await done[index];
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { running: () => [...running].sort(), end };
}

test('so much runs at once as fits, and the others wait in their order', async () => {
  const { running, end } = start(new Semaphore(100), [60, 40, 30, 10]);
  await Promise.resolve();
  expect(running()).toEqual([0, 1]);
  await end(0);
  expect(running()).toEqual([1, 2, 3]);
});

test('without a weight, so many pieces of work run at once as the limit says', async () => {
  const semaphore = new Semaphore(2);
  let [running, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, (running += 1));
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  await Promise.all(Array.from({ length: 7 }, () => semaphore.use(work)));
  expect(most).toBe(2);
});

test('work that is heavier than the limit runs alone, after what runs and before what came later', async () => {
  const { running, end } = start(new Semaphore(100), [60, 500, 10]);
  await Promise.resolve();
  expect(running()).toEqual([0]);
  await end(0);
  expect(running()).toEqual([1]);
  await end(1);
  expect(running()).toEqual([2]);
});

test('work that fails gives its weight back', async () => {
  const semaphore = new Semaphore(10);
  await expect(semaphore.use(() => Promise.reject(new Error('failed')), 10)).rejects.toThrow('failed');
  expect(await semaphore.use(() => Promise.resolve('runs'), 10)).toBe('runs');
});
