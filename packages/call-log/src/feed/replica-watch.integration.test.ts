import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { serverTimeMs } from '@turnlog/redis-kit';
import { openTestLog } from '../call-log.test-support.ts';
import { replicasKey } from '../keys.ts';
import { ReplicaWatch } from './replica-watch.ts';

const SILENT_AFTER_MS = 200;

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeEach(async () => (log = await openTestLog({ partitions: 1 })));
afterEach(() => log.close());

function replica(consumer: string, lines: object[] = []): ReplicaWatch {
  const write = (level: string) => (fields: object) => void lines.push({ level, ...fields });
  const logger = { info: write('info'), warn: write('warn') };
  const { redis, space } = log;
  return new ReplicaWatch({
    ...{ redis, space, feed: 'activity', consumer, logger, silentAfterMs: SILENT_AFTER_MS },
  });
}

test('a replica that dies is logged once, and so is its return', async () => {
  const lines: object[] = [];
  const [watch, other] = [replica('this', lines), replica('other')];
  await other.check();
  await watch.check();
  expect(lines).toEqual([]);
  await delay(2 * SILENT_AFTER_MS);
  for (let check = 0; check < 3; check += 1) await watch.check();
  const about = { feed: 'activity', consumer: 'other' };
  expect(lines).toEqual([{ level: 'warn', event: 'replica_lost', ...about }]);
  await other.check();
  await watch.check();
  expect(lines[1]).toEqual({ level: 'info', event: 'replica_back', ...about });
});

test('a replica that stops in order is not missed', async () => {
  const lines: object[] = [];
  const [watch, other] = [replica('this', lines), replica('other')];
  await other.check();
  await other.leave();
  await delay(2 * SILENT_AFTER_MS);
  await watch.check();
  expect(lines).toEqual([]);
});

test('a replica that is forgotten does not seem to be back', async () => {
  const lines: object[] = [];
  const watch = replica('this', lines);
  const key = replicasKey(log.space, 'activity');
  const nowMs = await serverTimeMs(log.redis);
  await log.redis.zadd(key, nowMs - SILENT_AFTER_MS, 'other');
  await watch.check();
  await log.redis.zadd(key, nowMs - 600_000, 'other');
  await watch.check();
  expect(lines).toEqual([expect.objectContaining({ event: 'replica_lost' })]);
  expect(await log.redis.zrange(key, '0', '-1')).toEqual(['this']);
});

test('after an outage of Redis a replica can report before it is taken for lost', async () => {
  const lines: object[] = [];
  const [watch, other] = [replica('this', lines), replica('other')];
  await other.check();
  await watch.check();
  await delay(2 * SILENT_AFTER_MS);
  await watch.check();
  await other.check();
  await watch.check();
  expect(lines).toEqual([]);
});
