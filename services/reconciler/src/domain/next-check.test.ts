import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planNextCheck, type CheckAnswer } from './next-check.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const times = { firstMs: 3 * MINUTE, secondMs: 15 * MINUTE };
const complete: CheckAnswer = { kind: 'told', isOver: true, isComplete: true };
const incomplete: CheckAnswer = { kind: 'told', isOver: true, isComplete: false };
const goingOn: CheckAnswer = { kind: 'told', isOver: false, isComplete: false };
const unknown: CheckAnswer = { kind: 'not_found' };

describe('a call that is over', () => {
  test.each([
    ['is asked about again at 15 minutes', complete, 3 * MINUTE, { state: 'due', dueInMs: 12 * MINUTE }],
    ['is settled then', complete, 15 * MINUTE, { state: 'settled' }],
    ['that a start finds late is asked about once', complete, 5 * HOUR, { state: 'settled' }],
    [
      'without its price is asked about in an hour',
      incomplete,
      15 * MINUTE,
      { state: 'due', dueInMs: 45 * MINUTE },
    ],
    ['and in a day', incomplete, 6 * HOUR, { state: 'due', dueInMs: 18 * HOUR }],
    ['and then no more', incomplete, 24 * HOUR, { state: 'incomplete' }],
    [
      'that the carrier does not know gets a second chance',
      unknown,
      3 * MINUTE,
      { state: 'due', dueInMs: 12 * MINUTE },
    ],
    ['and no third', unknown, 15 * MINUTE, { state: 'unknown' }],
  ] as const)('%s', (_what, answer, elapsedMs, next) => {
    expect(planNextCheck(answer, elapsedMs, times)).toEqual(next);
  });
});

describe('a call that goes on', () => {
  test.each([
    [0, 3 * MINUTE],
    [6 * MINUTE, 6 * MINUTE],
    [5 * HOUR, HOUR],
  ])('is asked about at growing pauses: %d ms old, again in %d', (elapsedMs, dueInMs) => {
    expect(planNextCheck(goingOn, elapsedMs, times)).toEqual({ state: 'due', dueInMs });
  });

  test('for two days is given up', () => {
    expect(planNextCheck(goingOn, 48 * HOUR, times)).toEqual({ state: 'incomplete' });
  });
});

test('whatever the carrier answers, a call is asked about a bounded number of times', () => {
  const answer = fc.constantFrom(complete, incomplete, goingOn, unknown);
  fc.assert(
    fc.property(fc.infiniteStream(answer), (answers) => {
      let elapsedMs = times.firstMs;
      let asked = 0;
      for (const each of answers) {
        asked += 1;
        const next = planNextCheck(each, elapsedMs, times);
        if (next.state !== 'due') break;
        expect(next.dueInMs).toBeGreaterThan(0);
        elapsedMs += next.dueInMs;
      }
      expect(asked).toBeLessThan(70);
    }),
  );
});
