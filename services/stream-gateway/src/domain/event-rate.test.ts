import { expect, test } from '@jest/globals';
import { EventRate } from './event-rate.ts';

test('so many a second may come, and ten seconds of them at once', () => {
  const rate = new EventRate(10, 0);
  expect(Array.from({ length: 101 }, () => rate.take(0)).filter(Boolean)).toHaveLength(100);
  expect(rate.take(99)).toBe(false);
  expect(rate.take(100)).toBe(true);
  expect(rate.take(100)).toBe(false);
});

test('no more is saved up than ten seconds of them', () => {
  const rate = new EventRate(1, 0);
  expect(Array.from({ length: 20 }, () => rate.take(3_600_000)).filter(Boolean)).toHaveLength(10);
});

test('a clock that goes back gives nothing', () => {
  const rate = new EventRate(1, 10_000);
  for (let event = 0; event < 10; event += 1) rate.take(10_000);
  expect(rate.take(0)).toBe(false);
  expect(rate.take(999)).toBe(false);
});
