import { once, type EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseRedisAddress, type SentinelAddress } from './redis-address.ts';
import { type Redis, type RedisOptions } from 'ioredis';
import { ClosableRedis } from './closable-redis.ts';
import { FollowingRedis } from './following-redis.ts';
import { isReadOnly } from '../server/read-only.ts';
import { refuseCluster } from './refuse-cluster.ts';
import { explainConnectionError, readAddress } from './tls.ts';

/** How long a command may take before it fails. */
const COMMAND_TIMEOUT_MS = 5_000;

/** How much longer than the server's own limit a blocking read may take. */
const BLOCKING_GRACE_MS = 1_000;

const SHARED = {
  connectTimeout: 5_000,
  keepAlive: 10_000,
  // A command in flight when the connection breaks is rejected at once. Its caller knows whether it may be
  // resent; ioredis, which would resend it by itself, does not.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // While the connection is down a command fails instead of waiting in an unbounded queue.
  enableOfflineQueue: false,
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000),
  // After a failover the old primary refuses writes: reconnect, and let the caller resend.
  reconnectOnError: (error: Error) => (isReadOnly(error) ? 1 : false),
} satisfies RedisOptions;

/** How long a Sentinel may take to answer. Others are asked after that. */
const SENTINEL_TIMEOUT_MS = 2_000;

/** Options of a client. */
export interface RedisClientOptions {
  /**
   * `redis://user:password@host:port/0`; `rediss://…?ssl_ca_certs=<file>` over TLS; or `redis+sentinel://…`,
   * which always connects to the current primary.
   */
  readonly url: string;
  /** Shown by `CLIENT LIST`. */
  readonly name: string;
  /** Called with every connection error; ioredis reconnects by itself. */
  readonly onError: (error: Error) => void;
}

/** A client for commands that answer at once. */
export function createCommandClient(options: RedisClientOptions): Redis {
  return connect(options, { commandTimeout: COMMAND_TIMEOUT_MS });
}

/**
 * A client for blocking reads, which delay every other command on their connection. A read without an answer
 * (a frozen server, a connection that died silently) resolves to `null` after the block and a grace.
 */
export function createBlockingClient(options: RedisClientOptions & { readonly blockMs: number }): Redis {
  return connect(options, {
    // For reads without a limit of their own. The others get theirs and the grace, which by default is 100
    // ms: too short to tell a timeout from a read that the server answered in time.
    blockingTimeout: options.blockMs + BLOCKING_GRACE_MS,
    blockingTimeoutGrace: BLOCKING_GRACE_MS,
    socketTimeout: options.blockMs + 10 * BLOCKING_GRACE_MS,
  });
}

/**
 * Resolves when the client can take commands. Rejects if it is closed, on the signal, and with {@link
 * ClusterNotSupportedError} if retrying is useless.
 */
export async function untilReady(redis: Redis, signal?: AbortSignal): Promise<void> {
  await untilConnected(redis, signal);
  await refuseCluster(redis);
}

async function untilConnected(redis: Redis, signal?: AbortSignal): Promise<void> {
  if (redis.status === 'ready') return;
  const ended = new AbortController();
  const onEnd = () => ended.abort(new Error('the Redis connection was closed'));
  redis.once('end', onEnd);
  try {
    const anyEnd = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
    await once(redis as unknown as EventEmitter, 'ready', { signal: anyEnd });
  } finally {
    redis.off('end', onEnd);
  }
}

function connect(
  { url, name, onError }: RedisClientOptions,
  timeouts: Pick<
    RedisOptions,
    'commandTimeout' | 'blockingTimeout' | 'blockingTimeoutGrace' | 'socketTimeout'
  >,
): Redis {
  const { url: plain, tls } = readAddress(url);
  const address = parseRedisAddress(plain);
  if ('problem' in address) throw new Error(`the address of Redis: ${address.problem}`);
  const options = { ...SHARED, ...timeouts, connectionName: name, ...(tls && { tls }) };
  const redis =
    address.value.kind === 'server'
      ? new ClosableRedis(address.value.url, options)
      : new FollowingRedis({ ...options, ...sentinelOptions(address.value) });
  redis.on('error', (error: Error) => onError(explainConnectionError(error)));
  return redis;
}

/** A client asks for the primary whenever it connects, and reconnects when a Sentinel names another one. */
function sentinelOptions(address: SentinelAddress) {
  const { sentinels, primaryName, credentials, sentinelCredentials, database, isTls, caFile } = address;
  const tls = caFile === undefined ? {} : { ca: readFileSync(caFile) };
  return {
    sentinels: sentinels.map((sentinel) => ({ ...sentinel })),
    name: primaryName,
    role: 'master',
    ...credentials,
    ...(sentinelCredentials.username !== undefined && { sentinelUsername: sentinelCredentials.username }),
    ...(sentinelCredentials.password !== undefined && { sentinelPassword: sentinelCredentials.password }),
    db: database,
    ...(isTls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    sentinelRetryStrategy: SHARED.retryStrategy,
    // ioredis' own pause of a minute would be a minute without news of another primary.
    sentinelReconnectStrategy: SHARED.retryStrategy,
    // A primary that is cut off from the Sentinels keeps answering: what it accepts will be lost.
    failoverDetector: true,
  } as const satisfies RedisOptions;
}
