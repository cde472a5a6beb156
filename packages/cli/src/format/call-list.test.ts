import { describe, expect, it } from '@jest/globals';
import type { CallSummary } from '@turnlog/call-store';
import { formatCallList } from './call-list.ts';
import { wallClock } from './clock.ts';
import { storedCall } from './format.test-support.ts';

const clock = wallClock('Asia/Kolkata');

function summary(changes: Partial<CallSummary> = {}): CallSummary {
  const { full_transcript, ...call } = storedCall();
  const initiated_at = new Date('2026-01-25T11:15:00Z');
  return { ...call, turns: full_transcript.length, outcome: 'qualified', initiated_at, ...changes };
}

describe('formatCallList', () => {
  it('lists calls in columns', () => {
    expect(formatCallList([summary()], clock, './turnlog')).toBe(
      `
📞 Found 1 call(s):

CALL SID                       STATUS          OUTCOME             DURATION   DATE
---------------------------------------------------------------------------------
CA1234567890abcdef...          completed       qualified           45s        2026-01-25 16:45:00

To view a specific transcript, run:
  ./turnlog show <call_sid>`.trimStart(),
    );
  });

  it('shows a long sid whole, and tenants if there are several', () => {
    const sid = 'f'.repeat(40);
    const lines = formatCallList([summary({ call_sid: sid, tenant: 'acme' }), summary()], clock, '').split(
      '\n',
    );
    expect(lines[2]).toMatch(/DATE {16}TENANT$/);
    expect(lines[4]).toBe(`${sid} completed       qualified           45s        2026-01-25 16:45:00 acme`);
  });

  it('shows a dash for an unknown value', () => {
    const list = formatCallList(
      [summary({ outcome: null, duration_seconds: null, initiated_at: null })],
      clock,
      '',
    );
    expect(list).toMatch(/completed {7}- {19}- {10}-\n/);
  });

  it('finds nothing', () => {
    expect(formatCallList([], clock, '')).toBe('📞 Found 0 call(s):');
  });
});
