import { expect, test } from '@jest/globals';
import { KeyedRates } from './keyed-rates.ts';

test('a key may use its burst at once, and its rate after that', () => {
  const rates = new KeyedRates({ perSecond: 10, burst: 50 });
  expect(rates.take('a', 50, 0)).toBe(0);
  expect(rates.take('a', 5, 0)).toBe(500);
  expect(rates.take('a', 5, 499)).toBe(1);
  expect(rates.take('a', 5, 500)).toBe(0);
  expect(rates.take('b', 50, 500)).toBe(0);
  expect(rates.take('other/a', 50, 500)).toBe(0);
});

test('a refused amount takes no tokens, and at most one burst accumulates', () => {
  const rates = new KeyedRates({ perSecond: 10, burst: 50 });
  rates.take('a', 50, 0);
  for (let n = 0; n < 100; n += 1) rates.take('a', 5, 100);
  expect(rates.take('a', 5, 500)).toBe(0);
  expect(rates.take('a', 50, 1_000_000)).toBe(0);
  expect(rates.take('a', 1, 1_000_000)).toBeGreaterThan(0);
});

test('a clock that is set back takes no tokens', () => {
  const rates = new KeyedRates({ perSecond: 10, burst: 50 });
  rates.take('a', 40, 10_000);
  expect(rates.take('a', 10, 0)).toBe(0);
});

test('unused keys are removed', () => {
  const rates = new KeyedRates({ perSecond: 10, burst: 10 });
  for (let n = 0; n < 100_000; n += 1) rates.take(`CA${n}`, 1, n);
  expect(rates.size).toBeLessThan(5_000);
});
