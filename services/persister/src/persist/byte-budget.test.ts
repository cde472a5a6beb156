import { deferred } from '@turnlog/service-kit';
import { expect, test } from '@jest/globals';
import { ByteBudget } from './byte-budget.ts';

/** Starts work of so many bytes, and says which of it runs. */
function start(budget: ByteBudget, sizes: readonly number[]) {
  const running = new Set<number>();
  const ends = sizes.map(() => deferred());
  const done = sizes.map((bytes, index) =>
    budget.use(bytes, async () => {
      running.add(index);
      await ends[index]?.promise;
      running.delete(index);
    }),
  );
  const end = async (index: number) => {
    ends[index]?.resolve();
    await done[index];
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { running: () => [...running].sort(), end };
}

test('so much runs at once as fits, the others wait in their order', async () => {
  const { running, end } = start(new ByteBudget(100), [60, 40, 30, 10]);
  await Promise.resolve();
  expect(running()).toEqual([0, 1]);
  await end(0);
  expect(running()).toEqual([1, 2, 3]);
});

test('what is heavier than the budget runs alone, and not before those that were there', async () => {
  const { running, end } = start(new ByteBudget(100), [60, 500, 10]);
  await Promise.resolve();
  expect(running()).toEqual([0]);
  await end(0);
  expect(running()).toEqual([1]);
  await end(1);
  expect(running()).toEqual([2]);
});

test('work that fails gives its bytes back', async () => {
  const budget = new ByteBudget(10);
  await expect(budget.use(10, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await budget.use(10, () => Promise.resolve('runs'))).toBe('runs');
});
