import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { callOf, ended, openTestLog, ordered, started, turn } from '../call-log.test-support.ts';
import { allPartitions, partitionKeys, partitionOf } from '../keys.ts';
import { BrokenPartitions, type BrokenPartition } from './broken-partitions.ts';
import { startFeedConsumer, type FeedConsumer } from './feed-consumer.ts';
import { createLagMeter, measureFeedLag } from './feed-lag.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
let consumer: FeedConsumer | undefined;
beforeEach(async () => (log = await openTestLog({ partitions: 4 })));
afterEach(async () => {
  await consumer?.stop();
  consumer = undefined;
  log.close();
});

/** Calls of each partition, by partition. */
function sidsByPartition(prefix: string): string[][] {
  const sids: string[][] = [[], [], [], []];
  for (let n = 0; sids.some((each) => each.length < 2); n += 1)
    sids[partitionOf(log.space, callOf(`${prefix}-${n}`))]?.push(`${prefix}-${n}`);
  return sids;
}

function consume() {
  const seen = new Set<string>();
  const told: string[] = [];
  const broken = new BrokenPartitions({
    now: () => performance.now(),
    onBroken: ({ key, error }: BrokenPartition) => told.push(`broken ${key} ${error}`),
    onMended: ({ key }) => told.push(`mended ${key}`),
  });
  consumer = startFeedConsumer({
    space: log.space,
    feed: 'persist',
    consumer: 'p1',
    partitions: allPartitions(log.space),
    count: 10,
    blockMs: 100,
    claimIdleMs: 60_000,
    reclaimEveryMs: 50,
    broken,
    commands: log.redis,
    blocking: log.blocking(100),
    handle: async (entries) => {
      for (const { partition, id, call } of entries) {
        const { persist } = partitionKeys(log.space, partition);
        await log.redis.multi().xack(persist, 'persister', id).xdel(persist, id).exec();
        seen.add(call.callSid);
      }
    },
    onError: () => undefined,
    onTurn: () => undefined,
    onLost: () => undefined,
    backoffMs: () => 20,
  });
  return { seen, told, broken };
}

async function end(sids: readonly string[]): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(
    sids.map((sid) =>
      log.appender.append(ordered(callOf(sid), 'c', 1, [started('c'), turn('a'), ended('c')])),
    ),
  );
}

/**
 * Calls of a partition wait while its feed is of another type, other partitions continue, and it resumes when
 * the key is removed.
 */
async function stopsItsOwnPartition(when: 'before' | 'after'): Promise<void> {
  const [own = [], ...others] = sidsByPartition('CA');
  const { persist } = partitionKeys(log.space, 0);
  if (when === 'before') await log.redis.set(persist, 'foreign');
  const { seen, told, broken } = consume();
  if (when === 'after') {
    await end(['CA-early']);
    await waitUntil(() => seen.has('CA-early'), { what: 'it reads' });
    await log.redis.set(persist, 'foreign');
  }
  const refused = await end(own);
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set(['rejected']));
  await end(others.flat());
  await waitUntil(() => others.flat().every((sid) => seen.has(sid)), { what: 'the others are read' });
  expect(broken.lasting(0).map(({ key }) => key)).toEqual([persist]);
  expect(told).toEqual([expect.stringMatching(/^broken .*:persist WRONGTYPE/)]);

  await log.redis.del(persist);
  // The gateway's resend must not be a duplicate, or its call would never be requested.
  expect((await end(own)).map(({ status }) => status)).toEqual(own.map(() => 'fulfilled'));
  await waitUntil(() => own.every((sid) => seen.has(sid)), { what: 'the partition resumes' });
  expect([broken.lasting(0), told.at(-1)]).toEqual([[], `mended ${persist}`]);
}

test('a feed key of another type before consumers start stops only its own partition', () =>
  stopsItsOwnPartition('before'));

test('a feed key that changes its type while it is read stops only its own partition', () =>
  stopsItsOwnPartition('after'));

test.each(['activity', 'live'] as const)(
  'an append writes nothing while %s is of another type',
  async (part) => {
    const call = callOf('CA-untouched');
    const keys = partitionKeys(log.space, partitionOf(log.space, call));
    await log.redis.set(keys[part], 'foreign');
    const [refused] = await end(['CA-untouched']);
    expect(refused).toMatchObject({ status: 'rejected' });
    expect(await log.redis.keys(`${log.space.prefix}*call*`)).toEqual([]);
    await log.redis.del(keys[part]);
    expect(await end(['CA-untouched'])).toMatchObject([{ status: 'fulfilled' }]);
  },
);

test('the lag of an unreadable partition is unknown, and that of the others is returned', async () => {
  const [own = [], ...others] = sidsByPartition('CA');
  await end([...own, ...others.flat()]);
  await log.redis.set(partitionKeys(log.space, 0).persist, 'foreign');
  expect(await measureFeedLag(log.redis, log.space, 'persist')).toMatchObject({
    lag: others.flat().length,
    unreadable: 1,
  });
});

test('an entry gets older although its id is ahead of a clock that was set back', async () => {
  let nowMs = 1_000;
  const measure = createLagMeter(log.redis, log.space, 'persist', () => nowMs);
  const { persist } = partitionKeys(log.space, 0);
  await log.redis.xadd(persist, `${Date.now() + 3_600_000}-0`, 'c', 'default/a', 's', '1');
  expect((await measure()).oldestAgeMs).toBe(0);
  nowMs += 12_000;
  expect((await measure()).oldestAgeMs).toBe(12_000);
});
