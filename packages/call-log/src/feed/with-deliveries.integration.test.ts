import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOf, openTestLog, ordered, turn } from '../call-log.test-support.ts';
import { allPartitions } from '../keys.ts';
import { RedisFeedReader, type FeedBatch } from './feed-reader.ts';

let log: Awaited<ReturnType<typeof openTestLog>>;
beforeAll(async () => (log = await openTestLog()));
afterAll(() => log.close());

function readerOf(consumer: string) {
  const blocking = log.blocking(100);
  const options = { space: log.space, partitions: allPartitions(log.space), count: 2, blockMs: 100 };
  return new RedisFeedReader(log.redis, blocking, {
    ...options,
    feed: 'activity',
    consumer,
    claimIdleMs: 0,
  });
}

async function deliveriesOf(batches: AsyncIterable<FeedBatch>): Promise<(number | undefined)[]> {
  const seen: (number | undefined)[] = [];
  for await (const { entries } of batches) seen.push(...entries.map(({ deliveries }) => deliveries));
  return seen;
}

test('entries that are read or claimed again have their number of deliveries', async () => {
  for (let n = 0; n < 5; n += 1) await log.appender.append(ordered(callOf(`CA${n}`), 's', 1, [turn('a')]));
  const [dead, living] = [readerOf('dead'), readerOf('living')];
  await dead.untilReady(new AbortController().signal);
  await dead.ensureGroups();
  for (let left = 5; left > 0;) {
    const { entries } = await dead.readNew();
    expect(entries.map(({ deliveries }) => deliveries)).toEqual(entries.map(() => undefined));
    left -= entries.length;
  }
  expect(await deliveriesOf(dead.ownPending())).toEqual([2, 2, 2, 2, 2]);
  expect(await deliveriesOf(living.reclaimed())).toEqual([3, 3, 3, 3, 3]);
  for (const reader of [dead, living]) reader.interrupt();
});
