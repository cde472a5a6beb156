import { type Redis } from 'ioredis';
import { createBlockingClient, createCommandClient, type RedisClientOptions } from './clients.ts';

/** Where a service registers what it closes at its end, such as the lifecycle of service-kit. */
export interface StopSteps {
  onStop(name: string, step: () => unknown): void;
}

/** The logger of a connection's state. */
export interface ConnectionLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Options of a connection of a service. */
export interface ConnectRedisOptions extends Pick<RedisClientOptions, 'url' | 'name'> {
  readonly logger: ConnectionLogger;
  /** For a connection of blocking reads: how long one read waits. Without it, the connection is for commands. */
  readonly blockMs?: number;
}

/** How often a connection for commands is checked. */
const PING_EVERY_MS = 2_000;

/** One unanswered ping may mean that this process was frozen. */
const UNANSWERED_PINGS = 2;

/**
 * Connects a service to Redis until it stops. Logs once that the connection was lost or the server does not answer, and once
 * that it is back.
 */
export function connectRedis(
  lifecycle: StopSteps,
  { url, name, logger, blockMs }: ConnectRedisOptions,
): Redis {
  let isLost = false;
  const onError = (err: Error): void => {
    if (!isLost) logger.warn({ event: 'redis_connection_lost', client: name, err }, 'redis connection lost');
    isLost = true;
  };
  const options = { url, name, onError };
  const redis =
    blockMs === undefined ? createCommandClient(options) : createBlockingClient({ ...options, blockMs });
  redis.on('ready', () => {
    isLost = false;
    logger.info({ event: 'redis_connected', client: name }, 'redis connected');
  });
  const stopWatching = blockMs === undefined ? watchAnswers(redis, { name, logger }) : () => undefined;
  lifecycle.onStop(`redis ${name}`, () => {
    stopWatching();
    redis.disconnect();
  });
  return redis;
}

/** Pings a connection and logs when the server stops answering, such as a frozen one, and when it answers again. */
function watchAnswers(
  redis: Redis,
  { name, logger }: Pick<ConnectRedisOptions, 'name' | 'logger'>,
): () => void {
  let unanswered = 0;
  let isPinging = false;
  const onAnswer = (): void => {
    if (unanswered >= UNANSWERED_PINGS)
      logger.info({ event: 'redis_answering', client: name }, 'redis answers again');
    unanswered = 0;
  };
  const timer = setInterval(() => {
    // A lost connection is logged by its events.
    if (redis.status !== 'ready') return;
    if (isPinging) {
      unanswered += 1;
      if (unanswered === UNANSWERED_PINGS)
        logger.warn({ event: 'redis_not_answering', client: name }, 'redis does not answer');
      return;
    }
    isPinging = true;
    redis
      .ping()
      .then(onAnswer, () => undefined)
      .finally(() => (isPinging = false));
  }, PING_EVERY_MS);
  return () => clearInterval(timer);
}

/** Whether a client is connected, or was less than `graceMs` ago. False until the first connection. */
export function watchUsability(
  redis: Redis,
  { graceMs, monotonicMs }: { readonly graceMs: number; readonly monotonicMs: () => number },
): () => boolean {
  let lostAtMs: number | undefined = Number.NEGATIVE_INFINITY;
  redis.on('ready', () => (lostAtMs = undefined));
  redis.on('close', () => (lostAtMs ??= monotonicMs()));
  return () => lostAtMs === undefined || monotonicMs() - lostAtMs < graceMs;
}
