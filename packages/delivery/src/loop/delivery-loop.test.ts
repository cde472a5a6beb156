import { expect, test } from '@jest/globals';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { DeliveryLoop, type DeliveryLoopOptions } from './delivery-loop.ts';

interface Timer {
  readonly ms: number;
  readonly act: () => void;
}

/** A loop that delivers the items of a list one at a time, on a server and a clock in the hands of the test. */
function loopOver(items: string[], options: Partial<DeliveryLoopOptions<string>> = {}) {
  const attempts: { item: string; resolve: (outcome: string) => void; reject: (error: Error) => void }[] = [];
  const timers = new Set<Timer>();
  const seen: string[] = [];
  const loop = new DeliveryLoop<string>({
    send: () => {
      const [item] = items;
      if (item === undefined) return undefined;
      return new Promise((resolve, reject) => attempts.push({ item, resolve, reject }));
    },
    onOutcome: (outcome, isRetry) => {
      if (outcome === 'unreadable') throw new Error(outcome);
      items.shift();
      seen.push(isRetry ? `${outcome}, retried` : outcome);
    },
    onIdle: () => seen.push('idle'),
    backoff: { minMs: 100, maxMs: 400, random: () => 0.999_999 },
    observer: {
      onRetry: (attempt) => seen.push(`retry ${attempt}`),
      onStalled: (error) => seen.push(error === undefined ? 'slow' : 'stalled'),
      onAnswered: () => seen.push('answered'),
    },
    copies: { storeAll: () => seen.push('copied') },
    startTimer: (ms, act) => {
      const timer = { ms, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    ...options,
  });
  const answer = async (outcome: string | Error): Promise<void> => {
    const attempt = attempts.at(-1);
    if (outcome instanceof Error) attempt?.reject(outcome);
    else attempt?.resolve(outcome);
    await turnOfTheLoop();
  };
  const fire = (): void => {
    for (const timer of timers) {
      timers.delete(timer);
      timer.act();
    }
  };
  return { loop, attempts, timers, seen, answer, fire };
}

const noAnswer = new Error('no connection');

test('one attempt is pending at a time, until nothing is left', async () => {
  const items = ['a', 'b'];
  const { loop, attempts, seen, answer } = loopOver(items);
  loop.wake();
  loop.wake();
  expect(attempts).toHaveLength(1);
  await answer('a taken');
  items.push('c');
  loop.wake();
  expect(attempts.map(({ item }) => item)).toEqual(['a', 'b']);
  await answer('b taken');
  let isIdle = false;
  const idle = loop.whenIdle().then(() => (isIdle = true));
  expect([loop.isIdle, isIdle]).toEqual([false, false]);
  await answer('c taken');
  await idle;
  expect(seen).toEqual(['a taken', 'answered', 'b taken', 'answered', 'c taken', 'answered', 'idle']);
});

test('without an answer the same is sent again after a growing delay, and copied meanwhile', async () => {
  const { loop, attempts, timers, seen, answer, fire } = loopOver(['a']);
  loop.wake();
  await answer(noAnswer);
  expect([[...timers].map(({ ms }) => ms), loop.isStalled]).toEqual([[100], true]);
  fire();
  await answer(noAnswer);
  expect([...timers].map(({ ms }) => ms)).toEqual([200]);
  fire();
  await answer('a taken');
  expect(attempts.map(({ item }) => item)).toEqual(['a', 'a', 'a']);
  const retry = (attempt: number): string[] => [`retry ${attempt}`, 'stalled', 'copied'];
  expect(seen).toEqual([...retry(0), ...retry(1), 'a taken, retried', 'answered', 'idle']);
  expect([loop.isStalled, loop.isIdle]).toEqual([false, true]);
});

test('an outcome that can not be read is no answer', async () => {
  const { loop, seen, answer, fire } = loopOver(['a']);
  loop.wake();
  await answer('unreadable');
  fire();
  await answer('a taken');
  expect(seen).toEqual(['retry 0', 'stalled', 'copied', 'a taken, retried', 'answered', 'idle']);
});

test('an answer that is slow stalls the loop, which reads it all the same', async () => {
  const { loop, timers, seen, answer, fire } = loopOver(['a'], { stallAfterMs: 50 });
  loop.wake();
  expect([...timers].map(({ ms }) => ms)).toEqual([50]);
  fire();
  expect([loop.isStalled, seen]).toEqual([true, ['slow', 'copied']]);
  await answer('a taken');
  expect([loop.isStalled, timers.size]).toEqual([false, 0]);
  expect(seen.slice(2)).toEqual(['a taken', 'answered', 'idle']);
});

test('a delay can be ended early', async () => {
  const { loop, attempts, timers, answer } = loopOver(['a']);
  loop.wake();
  loop.retryNow();
  expect(attempts).toHaveLength(1);
  await answer(noAnswer);
  loop.retryNow();
  expect([attempts.length, timers.size]).toEqual([2, 0]);
});

test('an abandoned loop sends nothing, reads no answer and never is idle', async () => {
  const waiting = loopOver(['a'], { stallAfterMs: 50 });
  waiting.loop.wake();
  await waiting.answer(noAnswer);
  waiting.loop.abandon();
  expect(waiting.timers.size).toBe(0);

  const sending = loopOver(['a'], { stallAfterMs: 50 });
  sending.loop.wake();
  let isIdle = false;
  sending.loop.whenIdle().then(
    () => (isIdle = true),
    () => undefined,
  );
  sending.loop.abandon();
  await sending.answer('a taken');
  sending.loop.wake();
  expect([sending.seen, sending.attempts.length, sending.timers.size, isIdle]).toEqual([[], 1, 0, false]);
});
