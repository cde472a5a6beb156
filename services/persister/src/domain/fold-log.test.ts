import { createEvent, encodeEvent } from '@turnlog/call-events';
import { expect, test } from '@jest/globals';
import { foldLog } from './fold-log.ts';

const call = { tenant: 'default', callSid: 'CA1' };

function turnText(n: number, of = call): string {
  const data = { speaker: 'user' as const, text: `turn ${n}` };
  const origin = { call: of, source: 'c1', sourceSeq: n, atMs: n * 1000, id: `e${n}` };
  return encodeEvent(createEvent('turn.completed', data, origin));
}

test('a log is folded into its record', () => {
  const { record, events, undecodable } = foldLog(call, [
    { seq: 1, text: turnText(1) },
    { seq: 2, text: turnText(2) },
  ]);

  expect(record.transcript.map(({ text }) => text)).toEqual(['turn 1', 'turn 2']);
  expect(record.version).toBe(2);
  expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(undecodable).toEqual([]);
});

test('an entry that is no event is told with its bytes, and the rest is folded all the same', () => {
  const { record, events, undecodable } = foldLog(call, [
    { seq: 1, text: turnText(1) },
    { seq: 2, text: '{"v":1,' },
    { seq: 3, text: turnText(3) },
  ]);

  expect(record.version).toBe(2);
  expect(events.map(({ seq }) => seq)).toEqual([1, 3]);
  expect(undecodable).toEqual([
    { seq: 2, text: '{"v":1,', problem: { code: 'not_json', detail: 'the text is not JSON' } },
  ]);
});

test('an event of another call is no event of this one', () => {
  const { record, undecodable } = foldLog(call, [{ seq: 1, text: turnText(1, { ...call, callSid: 'CA2' }) }]);

  expect(record.version).toBe(0);
  expect(undecodable[0]?.problem.code).toBe('other_call');
});
