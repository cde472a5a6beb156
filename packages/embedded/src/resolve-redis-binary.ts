import { type Log, type RedisProgram, type Unavailable } from './redis-program.ts';
import { debianRedis } from './debian-redis.ts';
import { dockerRedis } from './docker-redis.ts';
import { installedRedis } from './installed-redis.ts';

/**
 * Finds a Redis 7 or newer for this machine, or fetches one into `cacheDir`: first an installed redis-server
 * or valkey-server, then Debian's or Ubuntu's own package unpacked without root, then a container. Without
 * any, throws one error that says how to install a Redis on each system.
 */
export async function resolveRedisBinary(
  cacheDir: string,
  log: Log = () => undefined,
): Promise<RedisProgram> {
  return firstAvailable([() => installedRedis(), () => debianRedis(cacheDir, log), () => dockerRedis(log)]);
}

/** The first program of the sources; the rest are not tried. */
export async function firstAvailable(
  sources: readonly (() => Promise<RedisProgram | Unavailable>)[],
): Promise<RedisProgram> {
  const reasons: string[] = [];
  for (const source of sources) {
    const found = await source();
    if (found.kind !== 'unavailable') return found;
    reasons.push(found.reason);
  }
  throw new Error(noRedisMessage(reasons));
}

function noRedisMessage(reasons: readonly string[]): string {
  return [
    'Turnlog needs Redis 7 or newer, and this machine has none:',
    ...reasons.map((reason) => `  - ${reason}`),
    'Install one of these, or point REDIS_URL at a server of your own (redis://host:6379):',
    '  macOS           brew install redis',
    '  Debian, Ubuntu  sudo apt-get update && sudo apt-get install redis-server',
    '  Fedora          sudo dnf install valkey   (before Fedora 41: redis)',
    '  Alpine          sudo apk add redis',
    '  anywhere        start Docker: Turnlog then runs redis:7 in a container by itself',
  ].join('\n');
}
