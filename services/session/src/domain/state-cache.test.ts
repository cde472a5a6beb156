import { describe, expect, it } from '@jest/globals';
import { initialState } from '@turnlog/call-events';
import { callOf } from '../session.test-support.ts';
import { createStateCache, type CachedState } from './state-cache.ts';

const [a, b, c] = ['a', 'b', 'c'].map(callOf) as [
  ReturnType<typeof callOf>,
  ReturnType<typeof callOf>,
  ReturnType<typeof callOf>,
];

function stateOf(call: typeof a, textLength: number, seq = 1): CachedState {
  return { epoch: 'e', seq, state: initialState(call), textLength };
}

describe('a state cache', () => {
  it('drops the call used least recently when there are too many', () => {
    const cache = createStateCache({ maxCalls: 2, maxTextLength: 1000 });
    cache.set(a, stateOf(a, 1));
    cache.set(b, stateOf(b, 1));
    cache.get(a);
    cache.set(c, stateOf(c, 1));
    expect([a, b, c].map((call) => cache.get(call) !== undefined)).toEqual([true, false, true]);
  });

  it('drops calls until the texts fit', () => {
    const cache = createStateCache({ maxCalls: 10, maxTextLength: 100 });
    cache.set(a, stateOf(a, 40));
    cache.set(b, stateOf(b, 40));
    cache.set(c, stateOf(c, 90));
    expect([a, b, c].map((call) => cache.get(call) !== undefined)).toEqual([false, false, true]);
    expect(cache.size).toEqual({ calls: 1, textLength: 90 });
  });

  it('counts a call that grows by what it is now', () => {
    const cache = createStateCache({ maxCalls: 10, maxTextLength: 100 });
    for (let length = 10; length <= 90; length += 10) cache.set(a, stateOf(a, length, length));
    expect(cache.size).toEqual({ calls: 1, textLength: 90 });
    expect(cache.get(a)?.seq).toBe(90);
    cache.delete(a);
    expect(cache.size).toEqual({ calls: 0, textLength: 0 });
  });

  it('keeps the call used last even if it alone is too long', () => {
    const cache = createStateCache({ maxCalls: 10, maxTextLength: 100 });
    cache.set(a, stateOf(a, 500));
    expect(cache.get(a)).toBeDefined();
    cache.set(b, stateOf(b, 1));
    expect(cache.get(a)).toBeUndefined();
  });

  it('is empty after it was cleared', () => {
    const cache = createStateCache({ maxCalls: 10, maxTextLength: 100 });
    cache.set(a, stateOf(a, 50));
    cache.clear();
    expect(cache.get(a)).toBeUndefined();
    expect(cache.size).toEqual({ calls: 0, textLength: 0 });
  });
});
