import { afterEach, expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { PassThrough } from 'node:stream';
import { Lifecycle } from '../lifecycle/lifecycle.ts';
import { createLogger } from '../log/logger.ts';
import { sleep } from '../retry/sleep.ts';
import { runLoop, type LoopOptions } from './run-loop.ts';

const HOUR_MS = 3_600_000;
let lifecycle: Lifecycle = newLifecycle();

afterEach(async () => {
  await lifecycle.stop('the test is over');
  lifecycle = newLifecycle();
});

function newLifecycle(): Lifecycle {
  return new Lifecycle({ logger: createLogger({ service: 'test', destination: new PassThrough() }) });
}

/** Starts a loop that counts its runs and what it reports. */
function start(options: Partial<LoopOptions>) {
  const seen = { runs: 0, failures: [] as number[], recovered: 0 };
  runLoop({
    name: 'test loop',
    lifecycle,
    everyMs: 5,
    onError: (_error, failures) => seen.failures.push(failures),
    onRecovered: () => (seen.recovered += 1),
    ...options,
    task: async () => {
      seen.runs += 1;
      return (await options.task?.()) ?? options.everyMs ?? 5;
    },
  });
  return seen;
}

test('the task runs at once, and again after each pause', async () => {
  const seen = start({ everyMs: 5 });
  await waitUntil(() => seen.runs >= 3, { what: 'it has run three times' });
});

test('a pause before the first run is kept', async () => {
  const seen = start({ firstAfterMs: HOUR_MS });
  await sleep(30);
  expect(seen.runs).toBe(0);
});

test('failures are counted in a row, and the first success after them is reported', async () => {
  let left = 2;
  const task = () => (left-- > 0 ? Promise.reject(new Error('not yet')) : Promise.resolve());
  const seen = start({ task, retry: { minMs: 1, maxMs: 2 } });
  await waitUntil(() => seen.runs >= 4, { what: 'it goes on after the failures' });
  expect(seen).toMatchObject({ failures: [1, 2], recovered: 1 });
});

test('a run that is woken up starts before its pause is over', async () => {
  let wake = (): void => undefined;
  const seen = start({ everyMs: HOUR_MS, wake: (runNow) => (wake = runNow) });
  await waitUntil(() => seen.runs === 1, { what: 'it has run once' });
  wake();
  await waitUntil(() => seen.runs === 2, { what: 'it runs again' });
});

test('a wake-up during a run is followed by another run', async () => {
  let wakeOnce = (): void => undefined;
  const seen = start({
    everyMs: HOUR_MS,
    wake: (runNow) => (wakeOnce = runNow),
    task: () => {
      wakeOnce();
      wakeOnce = () => undefined;
      return Promise.resolve();
    },
  });
  await waitUntil(() => seen.runs === 2, { what: 'it runs again' });
});

test('a task chooses its next pause, and ends the loop with an infinite one', async () => {
  const pauses = [0, 0, Infinity];
  const seen = start({ everyMs: HOUR_MS, task: () => Promise.resolve(pauses.shift() ?? 0) });
  await waitUntil(() => seen.runs === 3, { what: 'it has run three times' });
  await sleep(20);
  expect(seen.runs).toBe(3);
});

test('a stop waits for the run in progress, and no other one starts', async () => {
  let isDone = false;
  const seen = start({
    task: async () => {
      await sleep(50);
      isDone = true;
    },
  });
  await waitUntil(() => seen.runs === 1, { what: 'a run is in progress' });
  await lifecycle.stop('now');
  expect([isDone, seen.runs]).toEqual([true, 1]);
});

test('a signal ends the loop before its stop step', async () => {
  const ending = new AbortController();
  const seen = start({ signal: ending.signal });
  await waitUntil(() => seen.runs >= 1, { what: 'it runs' });
  ending.abort();
  await sleep(20);
  const { runs } = seen;
  await sleep(30);
  expect(seen.runs).toBe(runs);
});
