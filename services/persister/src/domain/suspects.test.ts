import { expect, test } from '@jest/globals';
import { Suspects } from './suspects.ts';

function suspectsAt(clock: { nowMs: number }) {
  return new Suspects({ maxFailures: 3, minAgeMs: 60_000 }, () => clock.nowMs);
}

test('a call is given up after enough failures over enough time while others got through', () => {
  const clock = { nowMs: 0 };
  const suspects = suspectsAt(clock);

  const verdicts = [0, 40_000, 80_000].map((nowMs) => {
    clock.nowMs = nowMs;
    suspects.clear(['another']);
    return suspects.fail('bad');
  });

  expect(verdicts).toEqual([false, false, true]);
});

test('failures in quick succession are not enough', () => {
  const clock = { nowMs: 0 };
  const suspects = suspectsAt(clock);
  for (let n = 0; n < 10; n += 1) {
    clock.nowMs += 1_000;
    suspects.clear(['another']);
    expect(suspects.fail('bad')).toBe(false);
  }
});

test('while nothing else gets through, no failure counts against a call', () => {
  const clock = { nowMs: 0 };
  const suspects = suspectsAt(clock);
  for (let n = 0; n < 100; n += 1) {
    clock.nowMs += 60_000;
    expect(suspects.fail('bad')).toBe(false);
  }
});

test('a call that gets through is above suspicion', () => {
  const clock = { nowMs: 0 };
  const suspects = suspectsAt(clock);
  for (let n = 0; n < 2; n += 1) {
    suspects.clear(['another']);
    suspects.fail('bad');
  }
  suspects.clear(['bad']);
  clock.nowMs = 120_000;

  expect(suspects.fail('bad')).toBe(false);
});
