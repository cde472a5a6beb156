import { describe, expect, it } from '@jest/globals';
import { initialState } from '@turnlog/call-events';
import { callOf } from '../session.test-support.ts';
import { StateCache, type CachedState, type CacheLimits } from './state-cache.ts';

const [a, b, c] = ['a', 'b', 'c'].map(callOf) as [
  ReturnType<typeof callOf>,
  ReturnType<typeof callOf>,
  ReturnType<typeof callOf>,
];

function stateOf(call: typeof a, memoryBytes: number, seq = 1): CachedState {
  return { epoch: 'e', seq, state: initialState(call), memoryBytes };
}

const clock = { nowMs: 1 };

function openCache(limits: Partial<CacheLimits> = {}) {
  return new StateCache({
    ...{ maxCalls: 10, maxMemoryBytes: 100, maxIdleMs: 1_000, now: () => clock.nowMs },
    ...limits,
  });
}

describe('a state cache', () => {
  it('drops the call used least recently when there are too many', () => {
    const cache = openCache({ maxCalls: 2 });
    cache.set(a, stateOf(a, 1));
    cache.set(b, stateOf(b, 1));
    cache.get(a);
    cache.set(c, stateOf(c, 1));
    expect([a, b, c].map((call) => cache.get(call) !== undefined)).toEqual([true, false, true]);
  });

  it('drops calls until the states fit', () => {
    const cache = openCache();
    cache.set(a, stateOf(a, 40));
    cache.set(b, stateOf(b, 40));
    cache.set(c, stateOf(c, 90));
    expect([a, b, c].map((call) => cache.get(call) !== undefined)).toEqual([false, false, true]);
    expect(cache.size).toEqual({ calls: 1, memoryBytes: 90 });
  });

  it('counts a call that grows by what it is now', () => {
    const cache = openCache();
    for (let bytes = 10; bytes <= 90; bytes += 10) cache.set(a, stateOf(a, bytes, bytes));
    expect(cache.size).toEqual({ calls: 1, memoryBytes: 90 });
    expect(cache.get(a)?.seq).toBe(90);
    cache.delete(a);
    expect(cache.size).toEqual({ calls: 0, memoryBytes: 0 });
  });

  it('does not keep a state that is heavier than all of it, nor what it had of that call, and keeps the others', () => {
    const cache = openCache();
    cache.set(a, stateOf(a, 50));
    cache.set(b, stateOf(b, 10));
    cache.set(a, stateOf(a, 500));
    expect(cache.get(a)).toBeUndefined();
    expect(cache.get(b)).toBeDefined();
    expect(cache.size).toEqual({ calls: 1, memoryBytes: 10 });
  });

  it('gives back the memory of states that were not used for a while', () => {
    const cache = openCache();
    cache.set(a, stateOf(a, 50));
    cache.set(b, stateOf(b, 10));
    clock.nowMs += 900;
    cache.get(b);
    expect(cache.dropIdle()).toBe(0);
    clock.nowMs += 900;
    expect(cache.dropIdle()).toBe(50);
    expect([cache.get(a), cache.get(b)?.memoryBytes]).toEqual([undefined, 10]);
  });

  it('is empty after it was cleared', () => {
    const cache = openCache();
    cache.set(a, stateOf(a, 50));
    cache.clear();
    expect(cache.get(a)).toBeUndefined();
    expect(cache.size).toEqual({ calls: 0, memoryBytes: 0 });
  });
});
