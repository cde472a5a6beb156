import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOf, openTestLog, ordered, turn } from '../call-log.test-support.ts';
import { callKeys } from '../keys.ts';
import { createTrials } from './trials.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog()));
afterAll(() => log.close());

test('trials that did not end are counted, by whichever process begins the next one', async () => {
  const call = callOf('tried');
  await log.appender.append(ordered(call, 'c', 1, [turn('a')]));
  const counts = [];
  for (let life = 1; life <= 3; life += 1) counts.push(await createTrials(log.redis, log.space).begin(call));
  expect(counts).toEqual([1, 2, 3]);

  const trials = createTrials(log.redis, log.space);
  await trials.end(call);
  expect(await trials.begin(call)).toBe(1);
});

test('a trial of a call that has expired makes no key', async () => {
  const call = callOf('expired');
  const trials = createTrials(log.redis, log.space);
  expect(await trials.begin(call)).toBe(1);
  await trials.end(call);
  expect(await log.redis.exists(callKeys(log.space, call).head)).toBe(0);
});
