import { describe, expect, it } from '@jest/globals';
import { encodeEvent, initialState } from '@turnlog/call-events';
import { growthOverTenfold } from '@turnlog/test-kit';
import { callOf, eventOf, turn } from '@turnlog/call-events/testing';
import { foldLog } from './fold-log.ts';
import { toSessionFields } from './session-fields.ts';
import { transcriptHistoryFrom } from './transcript-history.ts';

const call = callOf('CA1');

function entry(seq: number, text: string, id?: string) {
  return { seq, text: encodeEvent(eventOf(turn(text), id === undefined ? {} : { id })) };
}

describe('foldLog', () => {
  it('passes over an entry that is no event, and tells which and why', () => {
    const entries = [entry(4, 'one'), { seq: 5, text: 'not an event' }, entry(6, 'two')];
    const { state, events, undecodable } = foldLog(initialState(call), entries);
    expect(transcriptHistoryFrom(state, 0).map((text) => JSON.parse(text) as unknown)).toMatchObject([
      { text: 'one' },
      { text: 'two' },
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([4, 6]);
    expect(undecodable).toEqual([{ seq: 5, problem: { code: 'not_json', detail: 'the text is not JSON' } }]);
  });

  it('goes on from the state it is given', () => {
    const first = foldLog(initialState(call), [entry(1, 'one', 'a')]);
    const second = foldLog(first.state, [entry(2, 'one', 'a'), entry(3, 'two', 'b')]);
    expect(second.state.version).toBe(2);
    expect(transcriptHistoryFrom(second.state, first.state.turns.length)).toEqual([
      expect.stringContaining('"text":"two"'),
    ]);
  });

  it('takes time in proportion to the collected fields, however many pages they come in', async () => {
    const pages = Array.from({ length: 1_000 }, (_, page) => {
      const data = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`field_${page}_${n}`, n]));
      return {
        seq: page,
        text: encodeEvent(eventOf(['data.collected', { fields: data }], { id: `c${page}` })),
      };
    });
    const fold = (length: number): void => {
      const state = pages
        .slice(0, length)
        .reduce((state, page) => foldLog(state, [page]).state, initialState(call));
      expect(JSON.parse(toSessionFields(state).collected_data)).toHaveProperty(`field_${length - 1}_19`, 19);
    };
    expect(await growthOverTenfold(fold, 100)).toBeLessThan(40);
  });
});
