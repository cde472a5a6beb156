import { expect, test } from '@jest/globals';
import { createEvent } from '@turnlog/call-events';
import { toNewEvent, type NewEvent } from '@turnlog/call-log';
import { planReplay } from './plan-replay.ts';

function eventOf(sourceSeq: number, { source = 'conn' } = {}): NewEvent {
  const origin = { call: { tenant: 'default', callSid: 'CA1' }, source, sourceSeq, atMs: 1_769_339_725_120 };
  const data = { speaker: 'user' as const, text: `word ${sourceSeq}` };
  return toNewEvent(createEvent('turn.completed', data, origin), { rememberId: false });
}

const sourceSeqs = (records: readonly NewEvent[]) => records.map(({ event }) => event.sourceSeq);

test('a replay keeps sources and numbers, in runs without a hole, and ends what has no end', () => {
  const record = (event: NewEvent, mode: 'ordered' | 'unordered' = 'ordered') => ({ ...event, mode });
  const plan = planReplay([
    record(eventOf(7)),
    record(eventOf(6)),
    record(eventOf(12)),
    record(eventOf(6)),
    record(eventOf(1, { source: 'conn.1' })),
    record(eventOf(1, { source: 'http:gw-1' }), 'unordered'),
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
