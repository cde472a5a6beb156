import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { announceIfSlow } from './announce-if-slow.ts';

async function announcedOf(work: Promise<unknown>): Promise<number> {
  let announced = 0;
  await announceIfSlow(work, 20, () => (announced += 1)).catch(() => undefined);
  await sleep(40);
  return announced;
}

test('work is announced if it takes long, and only then', async () => {
  expect(await announcedOf(sleep(200))).toBe(1);
  expect(await announcedOf(Promise.resolve())).toBe(0);
  expect(await announcedOf(Promise.reject(new Error('failed')))).toBe(0);
});

test('the outcome is that of the work', async () => {
  expect(await announceIfSlow(Promise.resolve(7), 20, () => undefined)).toBe(7);
  await expect(announceIfSlow(Promise.reject(new Error('failed')), 20, () => undefined)).rejects.toThrow(
    'failed',
  );
});
