import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { callOf, openTestLog, ordered, turn } from '../call-log.test-support.ts';
import { allPartitions, partitionKeys } from '../keys.ts';
import { startFeedConsumer } from './feed-consumer.ts';
import { RedisFeedReader, type FeedReaderOptions } from './feed-reader.ts';
import { StuckEntries } from './stuck-entries.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
const closing: (() => void)[] = [];
beforeEach(async () => (log = await openTestLog({ partitions: 1 })));
afterEach(() => {
  for (const close of closing.splice(0)) close();
  log.close();
});

const feed = () => partitionKeys(log.space, 0).activity;

function optionsOf(consumer: string, others: Partial<FeedReaderOptions> = {}): FeedReaderOptions {
  const partitions = allPartitions(log.space);
  return {
    ...{
      space: log.space,
      feed: 'activity',
      consumer,
      partitions,
      count: 10,
      blockMs: 50,
      claimIdleMs: 60_000,
    },
    ...others,
  };
}

async function readerOf(consumer: string, others: Partial<FeedReaderOptions> = {}) {
  const blocking = log.blocking(50);
  closing.push(() => blocking.disconnect());
  const reader = new RedisFeedReader(log.redis, blocking, optionsOf(consumer, others));
  await reader.untilReady(AbortSignal.timeout(5_000));
  await reader.ensureGroups();
  return reader;
}

async function consumers(): Promise<string[]> {
  const infos = (await log.redis.xinfo('CONSUMERS', feed(), 'session')) as unknown[][];
  return infos.map((info) => String(info[1])).sort();
}

async function takeAll(batches: AsyncIterable<{ entries: readonly { id: string }[] }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { entries } of batches) ids.push(...entries.map(({ id }) => id));
  return ids;
}

async function append(sid: string): Promise<void> {
  await log.appender.append(ordered(callOf(sid), 's', 1, [turn('a')]));
}

test('a consumer that is stopped leaves its group', async () => {
  const stays = await readerOf('stays');
  await takeAll(stays.ownPending());
  for (const name of ['pod-1', 'pod-2']) {
    const consumer = startFeedConsumer({
      ...optionsOf(name),
      commands: log.redis,
      blocking: log.blocking(50),
      reclaimEveryMs: 50,
      handle: () => Promise.resolve(),
      onError: () => undefined,
      onTurn: () => undefined,
      onLost: () => undefined,
      backoffMs: () => 20,
    });
    while (!(await consumers()).includes(name)) await sleep(5);
    await consumer.stop();
  }
  expect(await consumers()).toEqual(['stays']);
});

test('a consumer that stops with entries that are not acknowledged stays, and so do the entries', async () => {
  const reader = await readerOf('pod-1');
  await append('a');
  await reader.readNew();
  await reader.leave();
  expect([await consumers(), (await log.redis.xpending(feed(), 'session'))[0]]).toEqual([['pod-1'], 1]);
});

test('a dead consumer is removed once its entries are claimed, and not before', async () => {
  const dead = await readerOf('dead');
  await append('a');
  await dead.readNew();
  const living = await readerOf('living', { claimIdleMs: 1_000, goneAfterMs: 0 });
  expect([await takeAll(living.reclaimed()), await consumers()]).toEqual([[], ['dead']]);
  await sleep(1_020);
  expect([(await takeAll(living.reclaimed())).length, await consumers()]).toEqual([1, ['living']]);
});

test('an entry that is never idle by the clock of Redis is claimed by our own clock, whichever consumer had it', async () => {
  const dead = await readerOf('dead');
  await append('a');
  await dead.readNew();
  let nowMs = 0;
  const options = { commands: log.redis, group: 'session', consumer: 'living', now: () => nowMs };
  const stuck = new StuckEntries({ ...options, claimIdleMs: 15_000 });
  expect(await stuck.claim([feed()])).toEqual([]);
  nowMs = 14_999;
  expect(await stuck.claim([feed()])).toEqual([]);
  nowMs = 15_000;
  expect(await stuck.claim([feed()])).toMatchObject([
    [feed(), [[expect.any(String), ['c', 'default/a', 's', '1']]]],
  ]);
  expect((await log.redis.xpending(feed(), 'session', '-', '+', 10))[0]).toMatchObject({ 1: 'living' });
});

test('an entry that was delivered to another consumer in the meantime is not claimed', async () => {
  const dead = await readerOf('dead');
  await append('a');
  await dead.readNew();
  let nowMs = 0;
  const stuck = new StuckEntries({
    ...{ commands: log.redis, group: 'session', consumer: 'late', claimIdleMs: 15_000 },
    now: () => nowMs,
  });
  await stuck.claim([feed()]);
  const [[id] = ['']] = (await log.redis.xrange(feed(), '-', '+')) as [string, string[]][];
  await log.redis.xclaim(feed(), 'session', 'quick', 0, id);
  nowMs = 15_000;
  expect(await stuck.claim([feed()])).toEqual([]);
});

test('an entry of another program in a feed is deleted and reported', async () => {
  const reader = await readerOf('r');
  await log.redis.xadd(feed(), '*', 'not', 'ours');
  expect(await reader.readNew()).toEqual({ entries: [], lost: 1 });
  expect(await log.redis.xlen(feed())).toBe(0);
});
