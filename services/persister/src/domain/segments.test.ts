import { JoinedEntries } from '@turnlog/call-log';
import { describe, expect, test } from '@jest/globals';
import { segmentsAfter } from './segments.ts';

const events = [1, 2, 4, 5].map((seq) => ({ seq, text: `e${seq}` }));

test('a log without holes is one segment', () => {
  expect(segmentsAfter(events.slice(0, 2), 0)).toEqual([{ fromSeq: 1, toSeq: 2, events: ['e1', 'e2'] }]);
});

test('what is archived already is left out', () => {
  expect(segmentsAfter(events, 4)).toEqual([{ fromSeq: 5, toSeq: 5, events: ['e5'] }]);
});

test('a hole parts two segments, so that each event keeps its seq', () => {
  expect(segmentsAfter(events, 0)).toEqual([
    { fromSeq: 1, toSeq: 2, events: ['e1', 'e2'] },
    { fromSeq: 4, toSeq: 5, events: ['e4', 'e5'] },
  ]);
});

test('nothing new is no segment', () => {
  expect(segmentsAfter(events, 5)).toEqual([]);
});

describe('events that came in one piece', () => {
  const joined = JoinedEntries.of(3, ['{"n":3}', '{"n":4}', '{"n":5}']);

  test('are archived as their bytes', () => {
    expect(segmentsAfter(joined, 0)).toEqual([{ fromSeq: 3, toSeq: 5, events: joined.bytes }]);
  });

  test('are archived from the first on that is new', () => {
    expect(segmentsAfter(joined, 4)).toEqual([{ fromSeq: 5, toSeq: 5, events: Buffer.from('{"n":5}') }]);
    expect(segmentsAfter(joined, 5)).toEqual([]);
  });
});
