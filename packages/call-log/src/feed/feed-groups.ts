import { type Redis } from 'ioredis';
import { isFaultOfTheCall } from '../read/is-fault-of-the-call.ts';
import { defineScript, runScript } from '@turnlog/redis-kit';

/**
 * Creates the group of a feed, which reads from the start of the stream, so that entries from before the
 * first consumer are not skipped.
 *
 * KEYS  feed
 * ARGV  group
 */
const createGroupScript = defineScript(
  `
local reply = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if reply.err and string.sub(reply.err, 1, 9) ~= 'BUSYGROUP' then return reply end
return 1
`,
  { runsWithoutMemory: true },
);

/** A key of the wrong type, and the error of Redis. */
export interface BrokenKey {
  readonly key: string;
  readonly error: Error;
}

/**
 * Ensures that each feed has its group, and resolves to the feeds that cannot be read because their keys are
 * of another type. Checks before it creates one, because Redis refuses to create a group while it is out of
 * memory or read-only. Rejects without Redis.
 */
export async function ensureGroups(
  redis: Redis,
  feeds: readonly string[],
  group: string,
): Promise<BrokenKey[]> {
  const pipeline = redis.pipeline();
  for (const feed of feeds) pipeline.xinfo('GROUPS', feed);
  const replies = (await pipeline.exec()) ?? [];
  const broken: BrokenKey[] = [];
  const without: string[] = [];
  feeds.forEach((key, index) => {
    const [error, groups] = replies[index] ?? [new Error('Redis answered nothing'), null];
    if (error === null) {
      if (infoOfGroup(groups, group) === undefined) without.push(key);
    } else if (isMissing(error)) without.push(key);
    else if (isFaultOfTheCall(error)) broken.push({ key, error });
    else throw error;
  });
  return [...broken, ...(await createGroups(redis, without, group))];
}

async function createGroups(redis: Redis, feeds: readonly string[], group: string): Promise<BrokenKey[]> {
  const created = await Promise.all(
    feeds.map(async (key): Promise<BrokenKey[]> => {
      try {
        await runScript(redis, createGroupScript, [key], [group]);
        return [];
      } catch (error) {
        if (error instanceof Error && isFaultOfTheCall(error)) return [{ key, error }];
        throw error;
      }
    }),
  );
  return created.flat();
}

/** A feed that does not exist yet. */
export function isMissing(error: Error): boolean {
  return error.message.startsWith('ERR no such key');
}

/** The information about one group among those of a feed. */
export function infoOfGroup(groups: unknown, group: string): unknown[] | undefined {
  return ((groups ?? []) as unknown[][]).find((info) => infoField(info, 'name') === group);
}

/** A field of XINFO, which replies with names and values in turn. */
export function infoField(info: readonly unknown[], name: string): unknown {
  return info[info.indexOf(name) + 1];
}
