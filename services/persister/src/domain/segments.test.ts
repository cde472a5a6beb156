import { JoinedEntries } from '@turnlog/call-log';
import { describe, expect, test } from '@jest/globals';
import { joinSegments, segmentsAfter } from './segments.ts';

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

describe('stretches of several pages', () => {
  const bytes = (fromSeq: number, ...texts: string[]) =>
    segmentsAfter(JoinedEntries.of(fromSeq, texts), 0)[0] ?? { fromSeq, toSeq: fromSeq, events: [] };

  test('are one where they go on from one another', () => {
    const [joined, ...others] = joinSegments([bytes(1, '1', '2'), bytes(3, '3'), bytes(4, '4')]);
    expect(others).toEqual([]);
    expect(joined).toEqual({ fromSeq: 1, toSeq: 4, events: Buffer.from('1,\n2,\n3,\n4') });
  });

  test('stay apart at a hole, and where one came entry by entry', () => {
    const apart = { fromSeq: 6, toSeq: 6, events: ['6'] };
    const segments = [bytes(1, '1'), bytes(3, '3'), bytes(4, '4'), apart, bytes(7, '7')];
    expect(joinSegments(segments)).toEqual([
      { fromSeq: 1, toSeq: 1, events: Buffer.from('1') },
      { fromSeq: 3, toSeq: 4, events: Buffer.from('3,\n4') },
      apart,
      { fromSeq: 7, toSeq: 7, events: Buffer.from('7') },
    ]);
  });
});
