import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeyPattern, callOfKey, type CallKeys, type KeySpace } from '../keys.ts';

/**
 * The calls that have a key of this name in Redis, page by page; some may occur twice. A key of another
 * program with a similar name, which is not in the right partition, is skipped.
 */
export async function* scanCalls(
  redis: Redis,
  space: KeySpace,
  part: keyof CallKeys,
  pageSize: number,
): AsyncGenerator<CallKey[]> {
  const pattern = callKeyPattern(space, { part });
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', pageSize);
    cursor = next;
    const calls = keys.flatMap((key) => callOfKey(space, key) ?? []);
    if (calls.length > 0) yield calls;
  } while (cursor !== '0');
}
