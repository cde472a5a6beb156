import { describe, expect, test } from '@jest/globals';
import { type EventData, type KnownEvent } from '../events/call-event.ts';
import { eventAt, given } from '../testing/index.ts';

const started = (data: EventData<'call.started'>, atS: number): KnownEvent =>
  eventAt('call.started', data, atS, { source: data.connectionId });

/** The record of some events in their order and in the other. */
function recordsOf(...events: KnownEvent[]) {
  return [given(...events).record(), given(...[...events].reverse()).record()];
}

describe('a second start', () => {
  const bare = started({ connectionId: 'c1' }, 0);

  test('brings the numbers, the direction and the parameters that the first lacked, in any order', () => {
    const full = started(
      {
        ...{ connectionId: 'c2', from: '+911', to: '+912', direction: 'incoming' },
        customParameters: { lead: '42', CustomField: 'order 7' },
      },
      5,
    );
    for (const record of recordsOf(bare, full)) {
      expect(record).toMatchObject({
        ...{ fromNumber: '+911', toNumber: '+912', direction: 'incoming', customField: 'order 7' },
        lead: { phone: '+911', lead: '42' },
        answeredAt: '2026-01-25T11:15:00.000Z',
      });
    }
  });

  test('of the same connection is joined as well', () => {
    for (const { fromNumber } of recordsOf(bare, started({ connectionId: 'c1', from: '+911' }, 5)))
      expect(fromNumber).toBe('+911');
  });

  test('takes nothing from the first, but where that was empty', () => {
    const first = started(
      { connectionId: 'c1', from: '+911', customParameters: { lead: '42', note: '' } },
      0,
    );
    const second = started(
      { connectionId: 'c2', from: '+913', customParameters: { lead: '43', note: 'new', more: '' } },
      5,
    );
    for (const record of recordsOf(first, second)) {
      expect(record.lead).toEqual({ phone: '+911', lead: '42', note: 'new', more: '' });
    }
  });

  test('keeps a parameter of any name', () => {
    const odd = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
    for (const { lead } of recordsOf(started({ connectionId: 'c1', customParameters: odd }, 0))) {
      expect(Object.entries(lead)).toEqual(Object.entries(odd));
    }
  });
});
