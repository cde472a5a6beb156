import { expect, test } from '@jest/globals';
import { readReports, type ReadReport } from './read-reports.ts';

const MAX_EVENT_BYTES = 1_000;

function readOne(text: string, depth: number): ReadReport | undefined {
  const report = { bytes: Buffer.from(text), depth, fallbackId: undefined, sourceSeq: 1 };
  const call = { tenant: 'default', callSid: 'CA1' };
  const of = {
    call,
    source: 'gateway-1',
    nowMs: 0,
    redaction: 'none',
    maxEventBytes: MAX_EVENT_BYTES,
  } as const;
  return readReports({ ...of, reports: [report] })[0];
}

function turn(text: string): string {
  return JSON.stringify({ event: 'turn', id: 't1', turn: { speaker: 'user', text } });
}

test('a message that is too large is refused under its own id, and is not read', () => {
  const spare = MAX_EVENT_BYTES - turn('').length;
  expect(readOne(turn('x'.repeat(spare)), 2)).toMatchObject({ id: 't1', ok: true });
  expect(readOne(turn('x'.repeat(spare + 1)), 2)).toMatchObject({ id: 't1', error: { code: 'too_large' } });
});

test('a message that is nested too deeply is refused under its own id, and is not read', () => {
  expect(readOne(turn('x'), 64)).toMatchObject({ id: 't1', ok: true });
  // The text itself is flat: that it is refused shows that the given depth is looked at first.
  expect(readOne(turn('x'), 65)).toMatchObject({ id: 't1', error: { code: 'too_deep' } });
});
