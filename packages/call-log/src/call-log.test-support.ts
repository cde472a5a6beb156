import { testKeyPrefix, testRedisUrl } from '@turnlog/test-kit';
import { createBlockingClient, createCommandClient, untilReady } from '@turnlog/redis-kit';
import { createAppender } from './append/appender.ts';
import { type KeySpace } from './keys.ts';

export { callOf, ended, started, turn, type AnyEventData } from '@turnlog/call-events/testing';
export { ordered, unordered } from './testing/build-requests.ts';

/** A key space of the test's own, on the Redis of the test run. */
export async function openTestLog({ url = testRedisUrl(), partitions = 2, maxEvents = 1_000 } = {}) {
  const errors: Error[] = [];
  const client = { url, name: 'test', onError: (error: Error) => void errors.push(error) };
  const redis = createCommandClient(client);
  await untilReady(redis);
  const space: KeySpace = { prefix: testKeyPrefix(), partitions };
  return {
    redis,
    space,
    errors,
    appender: createAppender(redis, space, { maxEvents }),
    blocking: (blockMs: number) => createBlockingClient({ ...client, blockMs }),
    close: () => redis.disconnect(),
  };
}
