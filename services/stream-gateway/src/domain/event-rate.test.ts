import { expect, test } from '@jest/globals';
import { EventRate } from './event-rate.ts';

test("events may come at the rate, and ten seconds' worth of them at once", () => {
  const rate = new EventRate(10, 0);
  const taken = Array.from({ length: 101 }, () => rate.take(0));
  expect(taken.filter(Boolean)).toHaveLength(100);
  const later = Array.from({ length: 11 }, () => rate.take(1_000));
  expect(later).toEqual([...Array<boolean>(10).fill(true), false]);
});

test('at most ten seconds of them accumulate', () => {
  const rate = new EventRate(1, 0);
  expect(Array.from({ length: 20 }, () => rate.take(3_600_000)).filter(Boolean)).toHaveLength(10);
});

test('a clock that is set back neither adds nor takes tokens', () => {
  const rate = new EventRate(1, 100_000);
  for (let event = 0; event < 10; event += 1) expect(rate.take(100_000)).toBe(true);
  expect(rate.take(50_000)).toBe(false);
  expect(rate.take(51_000)).toBe(true);
});

test('messages behind a refused one do not overtake it: all are refused for a second', () => {
  const rate = new EventRate(1_000, 0);
  while (rate.take(0));
  expect([1, 10, 500, 999].map((nowMs) => rate.take(nowMs))).toEqual([false, false, false, false]);
  expect(rate.take(1_000)).toBe(true);
});

test('bytes have a rate as events have, and a message above the burst is accepted when the bucket is full', () => {
  const rate = new EventRate(100, 0);
  expect(rate.take(0, 5_000)).toBe(true);
  expect(rate.take(1_000, 1)).toBe(false);
  expect(rate.take(41_000, 1)).toBe(true);
});
