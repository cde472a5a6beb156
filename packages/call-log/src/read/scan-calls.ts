import { callOfId, type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { callKeys, type CallKeys, type KeySpace } from '../keys.ts';

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
  const pattern = `${escapeGlob(space.prefix)}{p*}:call:*:${part}`;
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', pageSize);
    cursor = next;
    const calls = keys.flatMap((key) => callOfKey(space, key, part) ?? []);
    if (calls.length > 0) yield calls;
  } while (cursor !== '0');
}

function callOfKey(space: KeySpace, key: string, part: keyof CallKeys): CallKey | undefined {
  const begin = key.indexOf('}:call:') + '}:call:'.length;
  const call = callOfId(key.slice(begin, -`:${part}`.length));
  return callKeys(space, call)[part] === key ? call : undefined;
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}
