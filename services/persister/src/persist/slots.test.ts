import { expect, test } from '@jest/globals';
import { Slots } from './slots.ts';

/** Work that goes on until it is told to end. */
function heldWork() {
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  const work = (n: number) => (): Promise<number> => {
    begun.push(n);
    return new Promise((resolve) => ends.set(n, () => resolve(n)));
  };
  return { begun, work, end: (n: number) => ends.get(n)?.() };
}

test('so many run at once, and the others in the order in which they came', async () => {
  const slots = new Slots(2);
  const { begun, work, end } = heldWork();
  const results = [1, 2, 3, 4].map((n) => slots.use(work(n)));
  expect(begun).toEqual([1, 2]);
  end(2);
  expect(await results[1]).toBe(2);
  expect(begun).toEqual([1, 2, 3]);
  [1, 3].forEach(end);
  await Promise.all([results[0], results[2]]);
  end(4);
  expect(await results[3]).toBe(4);
});

test('work that fails gives its slot back', async () => {
  const slots = new Slots(1);
  const failing = slots.use(() => Promise.reject(new Error('refused')));
  const next = slots.use(() => Promise.resolve('done'));
  await expect(failing).rejects.toThrow('refused');
  expect(await next).toBe('done');
  expect(await slots.use(() => Promise.resolve('again'))).toBe('again');
});
