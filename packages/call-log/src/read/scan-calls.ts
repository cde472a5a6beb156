import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeyPattern, callOfKey, type KeySpace } from '../keys.ts';

/**
 * The calls of the keys that a pattern selects, page by page; some may occur twice. A key of another program
 * with a similar name, which is not in the right partition, is skipped.
 */
export async function* scanCalls(
  redis: Redis,
  space: KeySpace,
  selected: Parameters<typeof callKeyPattern>[1],
  pageSize: number,
): AsyncGenerator<CallKey[]> {
  const pattern = callKeyPattern(space, selected);
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', pageSize);
    cursor = next;
    const calls = keys.flatMap((key) => callOfKey(space, key) ?? []);
    if (calls.length > 0) yield calls;
  } while (cursor !== '0');
}
