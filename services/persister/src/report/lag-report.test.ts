import { expect, test } from '@jest/globals';
import { levelOf } from './lag-report.ts';

const calm = { lag: 0, pending: 0, oldestAgeMs: 0, deadLetters: 0, unreadable: 0 };

test.each([
  ['all is well', calm, 'info'],
  ['a backlog that moves', { ...calm, lag: 5_000, oldestAgeMs: 9_000 }, 'info'],
  ['a call waits for more than ten seconds', { ...calm, oldestAgeMs: 10_001 }, 'warn'],
  ['a call waits for more than a minute', { ...calm, oldestAgeMs: 60_001 }, 'error'],
  ['a dead letter waits for a person', { ...calm, deadLetters: 1 }, 'error'],
  ['a partition can’t be read', { ...calm, unreadable: 1 }, 'error'],
  ['Redis can’t be asked', undefined, 'warn'],
] as const)('%s', (_, lag, level) => {
  expect(levelOf(lag)).toBe(level);
});
