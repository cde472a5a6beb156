import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startRedisForTest, testRedisUrl, waitUntil } from '@turnlog/test-kit';
import { callOf, openTestLog, ordered, turn } from '../call-log.test-support.ts';
import { allPartitions, partitionKeys } from '../keys.ts';
import { createBlockingClient, untilReady } from '@turnlog/redis-kit';
import { startFeedConsumer, type FeedConsumer, type FeedConsumerOptions } from './feed-consumer.ts';
import { type FeedEntry } from './feed-entry.ts';
import { measureFeedLag } from './feed-lag.ts';

type TestLog = Awaited<ReturnType<typeof openTestLog>>;

let consumers: FeedConsumer[] = [];
let logs: TestLog[] = [];
let relays: { close(): Promise<void> }[] = [];
let privateRedis: Awaited<ReturnType<typeof startRedisForTest>>;
beforeAll(async () => (privateRedis = await startRedisForTest()));
afterAll(() => privateRedis.close());
afterEach(async () => {
  // Released first: a consumer that does not stop fails its own test, and not later ones.
  const left = { consumers, relays, logs };
  [consumers, relays, logs] = [[], [], []];
  await Promise.all(left.consumers.map((consumer) => consumer.stop()));
  await Promise.all(left.relays.map((relay) => relay.close()));
  for (const log of left.logs) log.close();
});

async function openLog(url?: string): Promise<TestLog> {
  const log = await openTestLog(url === undefined ? {} : { url });
  logs.push(log);
  return log;
}

function consume(log: TestLog, options: Partial<FeedConsumerOptions> = {}) {
  const seen: FeedEntry[] = [];
  const failures: unknown[] = [];
  const acknowledge = async (entries: readonly FeedEntry[]) => {
    for (const { partition, id } of entries) {
      const { activity } = partitionKeys(log.space, partition);
      await log.redis.multi().xack(activity, 'session', id).xdel(activity, id).exec();
    }
  };
  const consumer = startFeedConsumer({
    space: log.space,
    feed: 'activity',
    consumer: 'worker-1',
    partitions: allPartitions(log.space),
    count: 10,
    blockMs: 200,
    claimIdleMs: 60_000,
    reclaimEveryMs: 50,
    commands: log.redis,
    blocking: options.blocking ?? log.blocking(options.blockMs ?? 200),
    onError: (error) => failures.push(error),
    onTurn: () => undefined,
    onLost: () => undefined,
    backoffMs: () => 50,
    ...options,
    handle: async (entries) => {
      await options.handle?.(entries);
      await acknowledge(entries);
      seen.push(...entries);
    },
  });
  consumers.push(consumer);
  return { seen, failures, consumer, sids: () => seen.map(({ call }) => call.callSid).sort() };
}

async function appendCalls(log: TestLog, ...sids: string[]): Promise<void> {
  await Promise.all(sids.map((sid) => log.appender.append(ordered(callOf(sid), 's', 1, [turn('a')]))));
}

test('delivers what was appended before the first consumer started, and what comes later', async () => {
  const log = await openLog();
  await appendCalls(log, 'before');
  const { sids } = consume(log);
  await waitUntil(() => sids().length === 1, { what: 'the first call is seen' });
  await appendCalls(log, 'after');
  await waitUntil(() => sids().length === 2, { what: 'the second call is seen' });
  expect(sids()).toEqual(['after', 'before']);
});

test('starts with its own pending entries, those of a dead worker of the same name', async () => {
  const log = await openLog();
  await appendCalls(log, 'a', 'b', 'c');
  await readAsZombie(log, 'worker-1');
  const { sids } = consume(log, { reclaimEveryMs: 600_000 });
  await waitUntil(() => sids().length === 3, { what: 'the pending calls are seen' });
  expect(sids()).toEqual(['a', 'b', 'c']);
});

test('claims the entries of a dead worker of another name', async () => {
  const log = await openLog();
  await appendCalls(log, 'a', 'b');
  await readAsZombie(log, 'worker-that-died');
  const { sids } = consume(log, { claimIdleMs: 0 });
  await waitUntil(() => sids().length === 2, { what: "the dead worker's calls are seen" });
});

test('claims the entries of a dead worker even if the clock of its own host is set back', async () => {
  const log = await openLog();
  await appendCalls(log, 'a');
  await readAsZombie(log, 'worker-that-died');
  const rightNow = Date.now.bind(Date);
  const clock = jest.spyOn(Date, 'now');
  try {
    // Set back while a new entry is handled: by then it has looked for entries to claim, and it does not do so right now.
    const handle = (): Promise<void> => {
      clock.mockImplementation(() => rightNow() - 3_600_000);
      return Promise.resolve();
    };
    const { sids } = consume(log, { claimIdleMs: 600_000, handle });
    await appendCalls(log, 'b');
    await waitUntil(() => sids().length === 1, { what: 'the clock is set back' });
    expect(sids()).toEqual(['b']);
    await makeIdle(log, 'worker-that-died', 600_000);
    await waitUntil(() => sids().length === 2, { what: 'it has claimed the entry' });
  } finally {
    clock.mockRestore();
  }
});

test('reads again the entries on which its handler failed', async () => {
  const log = await openLog();
  await appendCalls(log, 'a');
  let attempts = 0;
  const { sids, failures } = consume(log, {
    reclaimEveryMs: 600_000,
    handle: () => {
      attempts += 1;
      return attempts < 3 ? Promise.reject(new Error('Postgres is away')) : Promise.resolve();
    },
  });
  await waitUntil(() => sids().length === 1, { what: 'the call is seen' });
  expect([attempts, failures.length]).toEqual([3, 2]);
});

describe('reading ahead', () => {
  const CALLS = Array.from({ length: 12 }, (_, n) => `call-${n + 10}`);

  /** Handles nothing until it is released, and records the most reads that it handled at once. */
  function heldHandler() {
    const waiting: (() => void)[] = [];
    let running = 0;
    let most = 0;
    return {
      begun: () => waiting.length,
      most: () => most,
      release: () => waiting.splice(0).forEach((go) => go()),
      handle: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => waiting.push(resolve));
        running -= 1;
      },
    };
  }

  test.each([
    [
      'handles as many reads at once as allowed while there is a backlog',
      { readAhead: { fromEntries: 2, maxReads: 3 } },
      3,
    ],
    ['handles one read at a time without a backlog', { readAhead: { fromEntries: 100, maxReads: 3 } }, 1],
    ['handles one read at a time by default', {}, 1],
  ])('handles %s', async (_, options, most) => {
    const log = await openLog();
    await appendCalls(log, ...CALLS);
    const held = heldHandler();
    const { sids } = consume(log, { blockMs: 5_000, count: 2, ...options, handle: held.handle });
    await waitUntil(() => held.begun() === most, { what: 'it handles as many as it may' });
    const releasing = setInterval(held.release, 5);
    await waitUntil(() => sids().length === CALLS.length, { what: 'all calls are seen' });
    clearInterval(releasing);
    expect([sids(), held.most()]).toEqual([CALLS, most]);
  });

  test('lets the other read finish before it reads failed entries again', async () => {
    const log = await openLog();
    await appendCalls(log, ...CALLS);
    const handled: string[] = [];
    const told: string[] = [];
    let reads = 0;
    const { sids } = consume(log, {
      blockMs: 5_000,
      count: 2,
      readAhead: { fromEntries: 2, maxReads: 2 },
      reclaimEveryMs: 600_000,
      onError: () => told.push('failed'),
      handle: async (entries) => {
        reads += 1;
        const read = reads;
        handled.push(...entries.map(({ call }) => call.callSid));
        if (read === 1) {
          await waitUntil(() => reads === 2, { what: 'the second read is in flight' });
          throw new Error('Postgres is away');
        }
        if (read === 2) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          told.push('ended');
        }
      },
    });
    await waitUntil(() => sids().length === CALLS.length, { what: 'all calls are seen' });
    expect([sids(), told]).toEqual([CALLS, ['ended', 'failed']]);
    const twice = CALLS.filter((sid) => handled.filter((each) => each === sid).length > 1);
    expect(twice).toEqual([...new Set(handled.slice(0, twice.length))].sort());
  });
});

test('stopping ends a blocking read at once, and waits for the batch in flight', async () => {
  const log = await openLog();
  let finish: (() => void) | undefined;
  const { consumer, seen } = consume(log, {
    blockMs: 5_000,
    handle: () => new Promise<void>((resolve) => (finish = resolve)),
  });
  await appendCalls(log, 'a');
  await waitUntil(() => finish !== undefined, { what: 'the batch is being handled' });
  let isStopped = false;
  const stopped = consumer.stop().then(() => (isStopped = true));
  await log.redis.ping();
  expect(isStopped).toBe(false);
  finish?.();
  await stopped;
  expect(seen).toHaveLength(1);

  const blocking = log.blocking(5_000);
  await untilReady(blocking);
  const reading = new RegExp(`^id=${await blocking.client('ID')} .* cmd=xreadgroup`, 'm');
  const idle = consume(log, { blockMs: 5_000, blocking });
  await waitUntil(async () => reading.test(String(await log.redis.client('LIST'))), {
    what: 'the consumer waits for entries',
  });
  const startedAt = Date.now();
  await idle.consumer.stop();
  expect(Date.now() - startedAt).toBeLessThan(2_000);
});

test('resumes by itself after Redis restarted, and after it came back empty', async () => {
  const log = await openLog(privateRedis.url);
  const { sids } = consume(log);
  await appendCalls(log, 'a');
  await waitUntil(() => sids().length === 1, { what: 'the first call is seen' });
  await privateRedis.crash();
  await privateRedis.start();
  await waitUntil(() => log.redis.status === 'ready', {
    what: 'the client is connected again',
    timeoutMs: 10_000,
  });
  await appendCalls(log, 'b');
  await waitUntil(() => sids().includes('b'), {
    what: 'the call after the restart is seen',
    timeoutMs: 10_000,
  });
  await log.redis.flushall();
  await appendCalls(log, 'c');
  await waitUntil(() => sids().includes('c'), {
    what: 'the call after the flush is seen',
    timeoutMs: 10_000,
  });
});

test('resumes after a Redis that froze during a read', async () => {
  const log = await openLog(privateRedis.url);
  const { sids, failures } = consume(log);
  await appendCalls(log, 'a');
  await waitUntil(() => sids().length === 1, { what: 'the first call is seen' });
  privateRedis.pause();
  await waitUntil(() => failures.length > 0, { what: 'the frozen Redis is noticed', timeoutMs: 15_000 });
  privateRedis.resume();
  await appendCalls(log, 'b');
  await waitUntil(() => sids().includes('b'), {
    what: 'the call after the freeze is seen',
    timeoutMs: 10_000,
  });
});

test('reads again the entries of a reply that arrived after its deadline', async () => {
  const log = await openLog();
  const relay = await startRelay(Number(new URL(testRedisUrl()).port));
  const blocking = createBlockingClient({ ...relay, name: 'test', blockMs: 200, onError: () => undefined });
  const { sids } = consume(log, { blocking, reclaimEveryMs: 600_000 });
  await appendCalls(log, 'a');
  await waitUntil(() => sids().length === 1, { what: 'the first call is seen' });
  relay.holdAnswers();
  await appendCalls(log, 'b');
  await waitUntil(() => sids().includes('b'), { what: 'the call of the late answer is seen' });
  relay.release();
  await appendCalls(log, 'c');
  await waitUntil(() => sids().includes('c'), { what: 'a call after it is seen' });
  expect(sids()).toEqual(['a', 'b', 'c']);
});

test('the lag has the waiting entries, the pending entries and the age of the oldest', async () => {
  const log = await openLog();
  await appendCalls(log, 'a', 'b', 'c');
  expect(await measureFeedLag(log.redis, log.space, 'activity')).toMatchObject({ lag: 3, pending: 0 });
  await readAsZombie(log, 'worker-that-died');
  const lag = await measureFeedLag(log.redis, log.space, 'activity');
  expect(lag).toMatchObject({ lag: 0, pending: 3 });
  const { seen } = consume(log, { claimIdleMs: 0 });
  await waitUntil(() => seen.length === 3, { what: 'all is done' });
  expect(await measureFeedLag(log.redis, log.space, 'activity')).toEqual({
    lag: 0,
    pending: 0,
    oldestAgeMs: 0,
    deadLetters: 0,
    unreadable: 0,
  });
});

test('a lag that Redis cannot tell is unknown, not zero', async () => {
  const log = await openLog();
  await appendCalls(log, 'a', 'b', 'c', 'd', 'e', 'f');
  await readAsZombie(log, 'w', 1);
  for (const partition of allPartitions(log.space)) {
    const { activity } = partitionKeys(log.space, partition);
    const waiting = (await log.redis.xrange(activity, '-', '+')) as [string, string[]][];
    for (const [id] of waiting.slice(1, -1)) await log.redis.xdel(activity, id);
  }
  expect((await measureFeedLag(log.redis, log.space, 'activity')).lag).toBeUndefined();
});

/** A proxy to Redis that can hold replies back and lets requests pass. */
async function startRelay(port: number) {
  const ways: [client: Socket, upstream: Socket][] = [];
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    ways.push([client, upstream]);
    client.pipe(upstream).pipe(client);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const relay = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    holdAnswers: () => ways.forEach(([client, upstream]) => upstream.unpipe(client)),
    release: () => ways.forEach(([client, upstream]) => upstream.pipe(client)),
    close: async () => {
      for (const [client] of ways) client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  relays.push(relay);
  return relay;
}

async function readAsZombie({ redis, space }: TestLog, name: string, count = 100): Promise<void> {
  for (const partition of allPartitions(space)) {
    const { activity } = partitionKeys(space, partition);
    await redis.xgroup('CREATE', activity, 'session', '0', 'MKSTREAM').catch(() => undefined);
    await redis.xreadgroup('GROUP', 'session', name, 'COUNT', count, 'STREAMS', activity, '>');
  }
}

/** As if the consumer had read all its entries so long ago. */
async function makeIdle({ redis, space }: TestLog, name: string, idleMs: number): Promise<void> {
  for (const partition of allPartitions(space)) {
    const { activity } = partitionKeys(space, partition);
    const pending = (await redis.xpending(activity, 'session', '-', '+', 100, name)) as [id: string][];
    for (const [id] of pending) await redis.xclaim(activity, 'session', name, 0, id, 'IDLE', idleMs);
  }
}

test('the lag is unknown, and not zero, when Redis cannot be asked', async () => {
  const log = await openLog();
  await appendCalls(log, 'a');
  log.redis.disconnect();
  await expect(measureFeedLag(log.redis, log.space, 'activity')).rejects.toThrow();
});
