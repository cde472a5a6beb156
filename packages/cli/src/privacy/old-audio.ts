import type { CallKey } from '@turnlog/call-events';
import type { KeySpace } from '@turnlog/call-log';
import type { Redis } from 'ioredis';

const PAGE = 1_000;

export interface OldAudioOptions {
  readonly tenant: string;
  /** Audio whose newest batch is older is removed. */
  readonly beforeMs: number;
  readonly isDryRun: boolean;
  readonly isHeld: (call: CallKey) => Promise<boolean>;
}

/** Removes the audio of a tenant's calls that is too old; resolves to the number of calls. */
export async function removeOldAudio(
  redis: Redis,
  { prefix }: KeySpace,
  { tenant, beforeMs, isDryRun, isHeld }: OldAudioOptions,
): Promise<number> {
  const marker = `}:call:${tenant}/`;
  let removed = 0;
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}{p*${marker}*:audio`, 'COUNT', PAGE);
    cursor = next;
    for (const key of keys) {
      const callSid = key.slice(key.indexOf(marker) + marker.length, -':audio'.length);
      if (!(await isOlder(redis, key, beforeMs)) || (await isHeld({ tenant, callSid }))) continue;
      // Another run may have removed it.
      removed += isDryRun ? 1 : await redis.del(key);
    }
  } while (cursor !== '0');
  return removed;
}

async function isOlder(redis: Redis, key: string, beforeMs: number): Promise<boolean> {
  const [newest] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  return newest !== undefined && Number.parseInt(newest[0], 10) < beforeMs;
}
