import { createEvent, encodeEvent } from '@turnlog/call-events';
import { JoinedEntries, JoinedLog } from '@turnlog/call-log';
import { describe, expect, test } from '@jest/globals';
import { LogFold } from './fold-log.ts';
import { type LoggedEvent, type ReadLog } from './segments.ts';

const call = { tenant: 'default', callSid: 'CA1' };

function turnText(n: number, of = call): string {
  const data = { speaker: 'user' as const, text: `turn ${n}` };
  const origin = { call: of, source: 'c1', sourceSeq: n, atMs: n * 1000, id: `e${n}` };
  return encodeEvent(createEvent('turn.completed', data, origin));
}

function foldLog(of: typeof call, log: ReadLog) {
  const fold = new LogFold(of, { isWeighed: false });
  return { ...fold.add(log), record: fold.record() };
}

function inOnePiece(texts: readonly string[]): JoinedLog {
  const head = { call, epoch: 'e', lastSeq: texts.length, persistedSeq: 0 };
  return new JoinedLog(head, JoinedEntries.of(1, texts));
}

function oneByOne(texts: readonly string[]): { entries: LoggedEvent[] } {
  return { entries: texts.map((text, index) => ({ seq: index + 1, text })) };
}

test.each([
  ['in one piece', inOnePiece],
  ['one by one', oneByOne],
])('a log that came %s is folded into its record', (_, logOf) => {
  const { record, undecodable } = foldLog(call, logOf([turnText(1), turnText(2)]));
  expect(record.transcript.map(({ text }) => text)).toEqual(['turn 1', 'turn 2']);
  expect(record.version).toBe(2);
  expect(undecodable).toEqual([]);
});

test('events that came in one piece go on so', () => {
  const log = inOnePiece([turnText(1), turnText(2)]);
  expect(foldLog(call, log).events).toBe(log.joined);
  expect(foldLog(call, oneByOne([turnText(1)])).events).toEqual([{ seq: 1, text: turnText(1) }]);
});

describe.each([
  ['in one piece', inOnePiece],
  ['one by one', oneByOne],
])('of a log that came %s', (_, logOf) => {
  const torn = { code: 'not_json', detail: 'the text is not JSON' };

  test('an entry that is no event is told with its bytes, and the rest is folded all the same', () => {
    const { record, events, undecodable } = foldLog(call, logOf([turnText(1), '{"v":1,', turnText(3)]));
    expect(record.version).toBe(2);
    expect((events as LoggedEvent[]).map(({ seq }) => seq)).toEqual([1, 3]);
    expect(undecodable).toEqual([{ seq: 2, text: '{"v":1,', problem: torn }]);
  });

  test('halves of an event are none, although together they are one', () => {
    const text = turnText(2);
    const comma = text.indexOf(',');
    const halves = [text.slice(0, comma), text.slice(comma + 1)];
    const { record, undecodable } = foldLog(call, logOf([turnText(1), ...halves]));
    expect(record.version).toBe(1);
    expect(undecodable.map(({ seq }) => seq)).toEqual([2, 3]);
  });

  test('an event of another call is no event of this one', () => {
    const { record, undecodable } = foldLog(call, logOf([turnText(1, { ...call, callSid: 'CA2' })]));
    expect(record.version).toBe(0);
    expect(undecodable[0]?.problem.code).toBe('other_call');
  });
});
