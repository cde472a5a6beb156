import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOf, openTestLog, ordered, turn } from '../call-log.test-support.ts';
import { callKeys } from '../keys.ts';
import { createTrials } from './trials.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog()));
afterAll(() => log.close());

test('trials that did not end are counted, whichever process starts the next one', async () => {
  const call = callOf('tried');
  await log.appender.append(ordered(call, 'c', 1, [turn('a')]));
  const counts = [];
  for (let life = 1; life <= 3; life += 1) counts.push(await createTrials(log.redis, log.space).begin(call));
  expect(counts).toEqual([1, 2, 3]);
  expect(await createTrials(log.redis, log.space).counts([callOf('none'), call])).toEqual([0, 3]);
});

test('a call that a process survived is not a suspect for a while, and its trials are reset', async () => {
  const call = callOf('survived');
  await log.appender.append(ordered(call, 'c', 1, [turn('a')]));
  const trials = createTrials(log.redis, log.space);
  await trials.begin(call);
  await trials.survive(call);
  expect(await trials.counts([call])).toEqual([undefined]);
  // As if three minutes had passed.
  await log.redis.hincrby(callKeys(log.space, call).head, 'survived', -180);
  expect(await trials.counts([call])).toEqual([0]);
  expect(await trials.begin(call)).toBe(1);
});

test('a trial of an expired call creates no key', async () => {
  const call = callOf('expired');
  const trials = createTrials(log.redis, log.space);
  expect(await trials.begin(call)).toBe(1);
  await trials.survive(call);
  expect(await log.redis.exists(callKeys(log.space, call).head)).toBe(0);
});

test('an unreadable head counts neither for nor against its call', async () => {
  const call = callOf('no-head');
  await log.redis.set(callKeys(log.space, call).head, 'no hash');
  expect(await createTrials(log.redis, log.space).counts([call])).toEqual([0]);
});
