import { describe, expect, it, jest } from '@jest/globals';
import { backoffDelayMs } from './backoff.ts';
import { retryForever } from './retry-forever.ts';
import { sleep } from './sleep.ts';

const table = { minMs: 100, maxMs: 30_000 };

describe('backoffDelayMs', () => {
  it.each([
    [0, 50, 100],
    [1, 100, 200],
    [4, 800, 1600],
    [9, 15_000, 30_000],
    [5000, 15_000, 30_000],
  ])('draws attempt %i with equal jitter from %i to %i ms', (attempt, lowest, highest) => {
    expect(backoffDelayMs(attempt, { ...table, random: () => 0 })).toBe(lowest);
    expect(backoffDelayMs(attempt, { ...table, random: () => 0.999_999_9 })).toBe(highest);
  });

  it('draws from the whole ceiling with full jitter', () => {
    expect(backoffDelayMs(4, { ...table, jitter: 'full', random: () => 0 })).toBe(0);
    expect(backoffDelayMs(4, { ...table, jitter: 'full', random: () => 0.5 })).toBe(800);
  });

  it.each([
    { minMs: 0, maxMs: 10 },
    { minMs: 20, maxMs: 10 },
    { minMs: Number.NaN, maxMs: 10 },
  ])('refuses %j', (backoff) => {
    expect(() => backoffDelayMs(0, backoff)).toThrow(RangeError);
  });
});

describe('sleep', () => {
  it('wakes at once when the signal aborts, and leaves no listener on it', async () => {
    const controller = new AbortController();
    const remove = jest.spyOn(controller.signal, 'removeEventListener');
    const asleep = sleep(60_000, controller.signal);
    controller.abort();
    await asleep;
    await sleep(60_000, controller.signal);
    expect(remove).toHaveBeenCalledTimes(1);
  });

  it('takes its listener off a signal that outlives it', async () => {
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    await sleep(1, signal);
    expect(remove).toHaveBeenCalledTimes(1);
  });
});

describe('retryForever', () => {
  const quick = { minMs: 1, maxMs: 2 };

  it('retries until the operation succeeds', async () => {
    let calls = 0;
    const operation = (): Promise<string> => {
      calls += 1;
      return calls < 4 ? Promise.reject(new Error(`failure ${calls}`)) : Promise.resolve('done');
    };
    const { signal } = new AbortController();
    expect(await retryForever(operation, { backoff: quick, signal })).toBe('done');
    expect(calls).toBe(4);
  });

  it('throws an error that is not retryable at once', async () => {
    const { signal } = new AbortController();
    const operation = (): Promise<never> => Promise.reject(new Error('syntax'));
    await expect(
      retryForever(operation, { backoff: quick, signal, isRetryable: () => false }),
    ).rejects.toThrow('syntax');
  });

  it('rejects with the reason of the signal when it aborts during a wait', async () => {
    const controller = new AbortController();
    const operation = (): Promise<never> => {
      setImmediate(() => controller.abort(new Error('stopping')));
      return Promise.reject(new Error('away'));
    };
    const backoff = { minMs: 60_000, maxMs: 60_000 };
    const retrying = retryForever(operation, { backoff, signal: controller.signal });
    await expect(retrying).rejects.toThrow('stopping');
  });
});
