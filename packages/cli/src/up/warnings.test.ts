import { expect, test } from '@jest/globals';
import { Warnings } from './warnings.ts';

const line = (level: number, msg: string): string => JSON.stringify({ level, msg, url: 'ws://bot' });

test('a warning of a service is shown, and again only after half a minute', () => {
  const warnings = new Warnings();
  warnings.begin();
  const warning = '[gateway-1] WARN - agent unreachable | url=ws://bot';
  expect(warnings.take('gateway-1', line(40, 'agent unreachable'), 0)).toBe(warning);
  expect(warnings.take('gateway-1', line(40, 'agent unreachable'), 29_999)).toBeUndefined();
  expect(warnings.take('gateway-2', line(40, 'agent unreachable'), 29_999)).toBe(warning.replace('1', '2'));
  expect(warnings.take('gateway-1', line(50, 'another'), 29_999)).toContain('ERROR - another');
  expect(warnings.take('gateway-1', line(40, 'agent unreachable'), 30_000)).toBe(warning);
});

test('of an error, its message is shown', () => {
  const warnings = new Warnings();
  warnings.begin();
  const err = { type: 'Error', message: 'MISCONF', stack: 'Error: MISCONF\n    at x' };
  const text = JSON.stringify({ level: 50, msg: 'the sweep failed', err });
  expect(warnings.take('session-1', text, 0)).toBe('[session-1] ERROR - the sweep failed | err=MISCONF');
});

test('what is not a warning, or comes before the begin, is not shown', () => {
  const warnings = new Warnings();
  expect(warnings.take('gateway-1', line(40, 'early'), 0)).toBeUndefined();
  warnings.begin();
  expect(warnings.take('gateway-1', line(30, 'call ended'), 0)).toBeUndefined();
  expect(warnings.take('gateway-1', 'plain text', 0)).toBeUndefined();
});
