import { type Redis } from 'ioredis';
import { defineScript, execAll, runScripts } from '@turnlog/redis-kit';
import { infoField } from './feed-groups.ts';

/**
 * Removes a consumer that has no pending entries: they would be removed with it. A consumer that returns is
 * created again by its next read.
 *
 * KEYS  feed
 * ARGV  group, consumer
 */
const removeScript = defineScript(`
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
`);

/** Removes a consumer from the feeds in which it has no pending entries. */
export async function removeConsumer(
  redis: Redis,
  feeds: readonly string[],
  group: string,
  consumer: string,
): Promise<void> {
  await runScripts(
    redis,
    removeScript,
    feeds.map((feed) => ({ keys: [feed], args: [group, consumer] })),
  );
}

/** Removes consumers that have been idle for this long, once their entries are claimed. */
export async function removeGoneConsumers(
  redis: Redis,
  feeds: readonly string[],
  group: string,
  goneAfterMs: number,
): Promise<void> {
  const pipeline = redis.pipeline();
  for (const feed of feeds) pipeline.xinfo('CONSUMERS', feed, group);
  const replies = await execAll(pipeline);
  for (const [index, feed] of feeds.entries()) {
    for (const info of replies[index] as unknown[][]) {
      const isGone = infoField(info, 'pending') === 0 && Number(infoField(info, 'idle')) >= goneAfterMs;
      if (isGone) await removeConsumer(redis, [feed], group, String(infoField(info, 'name')));
    }
  }
}
