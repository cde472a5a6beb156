import type { KeySpace } from '@turnlog/call-log';
import { plainMessage, stripUrlSecrets } from '@turnlog/service-kit/config';
import { withDeadline } from '@turnlog/service-kit/time';
import type { Redis } from 'ioredis';
import { CommandError, reasonOf } from '../command-error.ts';
import type { Terminal } from '../terminal.ts';
import { findServers, notFound, type AskedServers } from './find-servers.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** A connection to Redis, and where the keys are. */
export interface OpenRedis {
  readonly redis: Redis;
  readonly url: string;
  readonly space: KeySpace;
}

/** Opens Redis during the work. Throws a sentence if it cannot be reached. */
export async function withRedis<T>(
  asked: AskedServers,
  terminal: Terminal,
  work: (open: OpenRedis) => Promise<T>,
): Promise<T> {
  const { redisUrl, space } = await findServers(asked, terminal);
  if (redisUrl === undefined) throw notFound('Redis', terminal);
  return openRedis(redisUrl, (redis) => work({ redis, url: redisUrl, space }));
}

/** The same for a known Redis. */
export async function openRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  // Loaded here, so that commands that use Postgres alone start faster.
  const { ClusterNotSupportedError, createCommandClient, untilReady } = await import('@turnlog/redis-kit');
  let lastError: unknown;
  const redis = createCommandClient({ url, name: 'turnlog-cli', onError: (error) => (lastError = error) });
  try {
    // The first failure counts: a person at the terminal can run the command again.
    const connected = await withDeadline(untilReady(redis), CONNECT_TIMEOUT_MS).catch((error: unknown) => {
      if (!(error instanceof ClusterNotSupportedError)) return { timedOut: true };
      throw new CommandError(`${error.message}.`, { cause: error });
    });
    if (connected.timedOut) throw unreachable(url, lastError ?? 'no answer');
    return await work(redis).catch((error: unknown) => {
      throw withPlainMessage(error);
    });
  } finally {
    redis.disconnect();
  }
}

function withPlainMessage(error: unknown): unknown {
  const message = reasonOf(error);
  const plain = plainMessage(message);
  return plain === message ? error : new CommandError(`${plain}.`, { cause: error });
}

function unreachable(url: string, error: unknown): CommandError {
  return new CommandError(
    `Redis at ${stripUrlSecrets(url)} can't be reached: ${reasonOf(error)}. Is it running?`,
    { cause: error },
  );
}
