import { describe, expect, it } from '@jest/globals';
import { withDeadline } from './with-deadline.ts';

const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

describe('withDeadline', () => {
  it('gives the value of work that is in time, and leaves no timer behind', async () => {
    const before = timers();
    expect(await withDeadline(Promise.resolve(7), 60_000)).toEqual({ timedOut: false, value: 7 });
    await expect(withDeadline(Promise.reject(new Error('broken')), 60_000)).rejects.toThrow('broken');
    expect(timers()).toBe(before);
  });

  it('says when time is out, and lets the late work fail unobserved', async () => {
    let fail = (_error: Error): void => undefined;
    const work = new Promise<never>((_resolve, reject) => (fail = reject));
    expect(await withDeadline(work, 5)).toEqual({ timedOut: true });
    fail(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
