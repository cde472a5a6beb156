import { expect, test } from '@jest/globals';
import { eventOf, turn } from '@turnlog/call-events/testing';
import { toNewEvent, type NewEvent } from '@turnlog/call-log';
import { planReplay } from './plan-replay.ts';

const said = (sourceSeq: number, { source = 'conn' } = {}): NewEvent =>
  toNewEvent(eventOf(turn(`word ${sourceSeq}`), { source, sourceSeq }), { rememberId: false });

const sourceSeqs = (records: readonly NewEvent[]) => records.map(({ event }) => event.sourceSeq);

test('a replay keeps sources and numbers, in runs without a hole, and ends what has no end', () => {
  const record = (event: NewEvent, mode: 'ordered' | 'unordered' = 'ordered') => ({ ...event, mode });
  const plan = planReplay([
    record(said(7)),
    record(said(6)),
    record(said(12)),
    record(said(6)),
    record(said(1, { source: 'conn.1' })),
    record(said(1, { source: 'http:gw-1' }), 'unordered'),
  ]);
  expect(plan.sources.map((runs) => runs.map(({ source, events }) => [source, sourceSeqs(events)]))).toEqual([
    [
      ['conn', [6, 7]],
      ['conn', [12]],
    ],
    [['conn.1', [1]]],
  ]);
  expect(plan.unordered).toMatchObject([{ mode: 'unordered', events: [{ event: { source: 'http:gw-1' } }] }]);
  expect(plan.ends.map(({ events }) => events[0]?.event.id)).toEqual(['gateway_lost:conn']);
});
