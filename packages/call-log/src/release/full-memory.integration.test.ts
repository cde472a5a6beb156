import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startRedisForTest, waitUntil, type PrivateServer } from '@turnlog/test-kit';
import { callOf, ended, openTestLog, ordered, started, turn } from '../call-log.test-support.ts';
import { createAppender } from '../append/appender.ts';
import { NO_LIMITS } from '../append/append-request.ts';
import { DeadLetters } from '../dead-letters/dead-letters.ts';
import { createCallEraser } from '../erase/call-eraser.ts';
import { startFeedConsumer } from '../feed/feed-consumer.ts';
import { type FeedEntry } from '../feed/feed-entry.ts';
import { allPartitions, callKeys, partitionKeys } from '../keys.ts';
import { LiveCalls } from '../live/live-calls.ts';
import { readCallLogs } from '../read/call-reader.ts';
import { createCommitter } from '../commit/commit-calls.ts';
import { createSessionSaver } from '../state/session-state.ts';
import { createCallReleaser } from './call-releaser.ts';

const KEEP_MS = 3_600_000;

let server: PrivateServer;
let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (server = await startRedisForTest()));
afterAll(() => server.close());
beforeEach(async () => (log = await openTestLog({ url: server.url })));
afterEach(async () => {
  await log.redis.config('SET', 'maxmemory', '0');
  await log.redis.flushall();
  log.close();
});

/** From now on Redis refuses commands that need memory, and frees none by itself. */
async function fill(): Promise<void> {
  await log.redis.config('SET', 'maxmemory', '1mb');
  await expect(log.redis.hset('more', 'a', 1)).rejects.toThrow(/^OOM/);
}

async function endedCall(callSid: string, text = 'a') {
  const call = callOf(callSid);
  const outcome = await log.appender.append(ordered(call, 'c', 1, [started('c'), turn(text), ended('c')]));
  return { call, epoch: outcome.outcome === 'ok' ? outcome.epoch : '' };
}

async function keysOf(callSid: string): Promise<string[]> {
  const found = await Promise.all(
    Object.entries({ ...callKeys(log.space, callOf(callSid)) }).map(async ([part, key]) =>
      (await log.redis.exists(key)) === 1 ? [part] : [],
    ),
  );
  return found.flat();
}

test('events from before the first consumer are read from a full Redis, committed and released', async () => {
  const { epoch } = await endedCall('first');
  await fill();
  const commit = createCommitter(log.redis, log.space, KEEP_MS, { isMemoryShort: () => true });
  const consumer = startFeedConsumer({
    space: log.space,
    feed: 'persist',
    consumer: 'p1',
    partitions: allPartitions(log.space),
    count: 10,
    blockMs: 200,
    claimIdleMs: 60_000,
    reclaimEveryMs: 50,
    commands: log.redis,
    blocking: log.blocking(200),
    handle: (entries: readonly FeedEntry[]) =>
      commit(entries.map(({ call, id }) => ({ call, epoch, seq: 3, entryIds: [id] }))),
    onError: () => undefined,
    onTurn: () => undefined,
    onLost: () => undefined,
    backoffMs: () => 50,
  });
  try {
    await waitUntil(async () => (await keysOf('first')).join() === 'head', { what: 'the call is released' });
  } finally {
    await consumer.stop();
  }
});

test('a released call keeps its head for a minute, so that its gateway does not resend it', async () => {
  const { call, epoch } = await endedCall('head');
  await createCommitter(log.redis, log.space, KEEP_MS, { isMemoryShort: () => true })([
    { call, epoch, seq: 3, entryIds: [] },
  ]);
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(read).toMatchObject({ epoch, lastSeq: 3, persistedSeq: 3, entries: [] });
  const leftMs = await log.redis.pttl(callKeys(log.space, call).head);
  expect([leftMs > 50_000, leftMs <= 60_000]).toEqual([true, true]);
});

test('the next event of a released call starts a new epoch, and its duplicates are still recognized', async () => {
  const { call, epoch } = await endedCall('later');
  await createCommitter(log.redis, log.space, KEEP_MS, { isMemoryShort: () => true })([
    { call, epoch, seq: 3, entryIds: [] },
  ]);
  const repeated = await log.appender.append(ordered(call, 'c', 3, [ended('c')]));
  expect(repeated).toMatchObject({ results: [{ status: 'duplicate' }] });
  const later = await log.appender.append(ordered(call, 'c', 4, [turn('more')]));
  expect(later).toMatchObject({ outcome: 'ok', results: [{ status: 'appended', seq: 1 }] });
  const [read] = await readCallLogs(log.redis, log.space, [{ call, fromSeq: 1 }]);
  expect(read).toMatchObject({ lastSeq: 1, persistedSeq: 0 });
  expect(read?.epoch).not.toBe(epoch);
  expect(read?.entries.map(({ seq }) => seq)).toEqual([1]);
  expect(await log.redis.pttl(callKeys(log.space, call).head)).toBe(-1);
});

test('the live state of a released call is not written again', async () => {
  const { call, epoch } = await endedCall('no-state');
  await createCommitter(log.redis, log.space, KEEP_MS, { isMemoryShort: () => true })([
    { call, epoch, seq: 3, entryIds: [] },
  ]);
  const save = createSessionSaver(log.redis, log.space, 30_000);
  const state = { call, epoch, seq: 3, fields: { a: 'b' }, turnBase: 0, turns: ['t'], entryIds: [] };
  expect(await save(state)).toEqual({ outcome: 'gone' });
  expect(await keysOf('no-state')).toEqual(['head']);
});

test('kept calls are released when memory is short, and calls that are not in Postgres stay', async () => {
  const committed = await Promise.all(Array.from({ length: 20 }, (_, n) => endedCall(`kept-${n}`)));
  const commit = createCommitter(log.redis, log.space, KEEP_MS);
  await commit(committed.map(({ call, epoch }) => ({ call, epoch, seq: 3, entryIds: [] })));
  await endedCall('waiting');
  // A key of another program, with our prefix.
  await log.redis.set(callKeys(log.space, callOf('foreign')).head, 'x');
  await log.redis.set(`${log.space.prefix}{p99}:call:no-call:head`, 'x');
  const releaser = createCallReleaser({ redis: log.redis, space: log.space, maxShare: 0.75 });
  expect(await releaser.relieve()).toBe(0);
  await fill();
  expect(await releaser.relieve()).toBe(20);
  expect([releaser.isMemoryShort(), await releaser.relieve()]).toEqual([true, 0]);
  expect(await keysOf('kept-7')).toEqual(['head']);
  expect(await keysOf('waiting')).toEqual(['log', 'head']);
});

test('a full Redis accepts the end of a call only from a sender that has it persisted', async () => {
  const call = callOf('no-end');
  await log.appender.append(ordered(call, 'c', 1, [started('c'), turn('a')]));
  await fill();
  const end = ordered(call, 'c', 3, [ended('c')]);
  await expect(log.appender.append(end)).rejects.toThrow(/^OOM/);
  const sweeper = createAppender(log.redis, log.space, { ...NO_LIMITS, runsWithoutMemory: true });
  expect(await sweeper.append(end)).toMatchObject({
    outcome: 'ok',
    results: [{ status: 'appended', seq: 3 }],
  });
});

test('a full Redis accepts dead letters, erasures and heartbeats of gateways', async () => {
  const { call } = await endedCall('poison');
  const goesOn = callOf('goes-on');
  await log.appender.append(ordered(goesOn, 'c', 1, [started('c')]));
  for (const partition of allPartitions(log.space))
    await log.redis.zadd(partitionKeys(log.space, partition).live, 'XX', 1_000, 'default/goes-on');
  await fill();
  const letters = new DeadLetters(log.redis, log.space);
  const letter = { call, kind: 'call', seq: 3, reason: 'r', detail: 'd', original: 'o', atMs: 1 } as const;
  await letters.add(letter, []);
  expect(await letters.list()).toHaveLength(1);
  const calls = new LiveCalls(log.redis, log.space);
  await calls.touch([goesOn]);
  expect((await calls.list()).map(({ seenAtMs }) => seenAtMs > 1_000)).toEqual([true]);
  const erased = await createCallEraser(log.redis, log.space).erase(call, 60_000);
  expect(erased).toMatchObject({ outcome: 'erased', letters: 1 });
});
