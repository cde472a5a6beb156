import { expect, test } from '@jest/globals';
import { segmentsAfter } from './segments.ts';

const events = [1, 2, 4, 5].map((seq) => ({ seq, text: `e${seq}` }));

test('a log without holes is one segment', () => {
  expect(segmentsAfter({ events: events.slice(0, 2), undecodable: [] }, 0)).toEqual([
    { fromSeq: 1, toSeq: 2, events: ['e1', 'e2'] },
  ]);
});

test('what is archived already is left out', () => {
  expect(segmentsAfter({ events, undecodable: [] }, 4)).toEqual([{ fromSeq: 5, toSeq: 5, events: ['e5'] }]);
});

test('a hole parts two segments, so that each event keeps its seq', () => {
  expect(segmentsAfter({ events, undecodable: [] }, 0)).toEqual([
    { fromSeq: 1, toSeq: 2, events: ['e1', 'e2'] },
    { fromSeq: 4, toSeq: 5, events: ['e4', 'e5'] },
  ]);
});

test('nothing new is no segment', () => {
  expect(segmentsAfter({ events, undecodable: [] }, 5)).toEqual([]);
});

test('a log that is archived whole is as it was read', () => {
  const whole = { events: events.slice(0, 2), undecodable: [] };
  const joined = Buffer.from('e1,e2');
  expect(segmentsAfter(whole, 0, joined)).toEqual([
    { fromSeq: 1, toSeq: 2, events: ['e1', 'e2'], joinedEvents: joined },
  ]);
});

test('of a log that is archived in parts each part is made of its events', () => {
  const joined = Buffer.from('e1,e2,e4,e5');
  const ofParts = [
    segmentsAfter({ events: events.slice(0, 2), undecodable: [] }, 1, Buffer.from('e1,e2')),
    segmentsAfter({ events, undecodable: [] }, 0, joined),
    segmentsAfter(
      {
        events: events.slice(0, 2),
        undecodable: [{ seq: 3, text: 'e3', problem: { code: 'not_json', detail: '' } }],
      },
      0,
      Buffer.from('e1,e2,e3'),
    ),
  ];
  for (const segments of ofParts)
    expect(segments.filter((segment) => segment.joinedEvents !== undefined)).toEqual([]);
});
