import { PassThrough } from 'node:stream';
import { createLogger } from '@turnlog/service-kit';
import { captureLines } from '@turnlog/test-kit';
import { expect, test } from '@jest/globals';
import { DatabaseWatch, toDatabaseTrouble } from './database-watch.ts';

function watchAt(clock: { nowMs: number }) {
  const output = new PassThrough();
  const logger = createLogger({ service: 'persister', destination: output });
  return { watch: new DatabaseWatch(logger, () => clock.nowMs), log: captureLines(output) };
}

const away = toDatabaseTrouble(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
const unmigrated = toDatabaseTrouble(Object.assign(new Error('no such table'), { code: '42P01' }));

test('an outage is told once when it begins and once when it is over', async () => {
  const clock = { nowMs: 0 };
  const { watch, log } = watchAt(clock);

  expect([watch.failed(away), watch.failed(away)]).toEqual([true, false]);
  clock.nowMs = 7_000;
  expect(watch.pausedMs).toBe(7_000);
  watch.began()();
  watch.began()();

  expect(watch.state).toBe('up');
  expect(await log.waitFor('Postgres accepts writes again')).toContain('"paused_ms":7000');
  expect(log.lines).toHaveLength(2);
});

test('a write that began before the trouble does not end it', () => {
  const { watch } = watchAt({ nowMs: 0 });
  const succeeded = watch.began();
  watch.failed(away);

  succeeded();

  expect(watch.state).toBe('unavailable');
});

test('a schema that is missing calls a person, also when Postgres was away before', async () => {
  const { watch, log } = watchAt({ nowMs: 0 });
  watch.failed(away);

  expect(watch.failed(unmigrated)).toBe(true);

  expect(watch.state).toBe('misconfigured');
  expect(await log.waitFor('Postgres is misconfigured')).toContain('"page":true');
});
