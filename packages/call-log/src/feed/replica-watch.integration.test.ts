import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { openTestLog } from '../call-log.test-support.ts';
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
  await watch.check();
  await watch.check();
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
