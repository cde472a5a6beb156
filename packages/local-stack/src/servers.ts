import path from 'node:path';
import { ClusterNotSupportedError, createCommandClient, untilReady } from '@turnlog/redis-kit';
import { migrate } from '@turnlog/call-store';
import { startPostgres, startRedis, type EmbeddedServer } from '@turnlog/embedded';
import { stripUrlSecrets, withDeadline } from '@turnlog/service-kit';
import { announceIfSlow } from './announce-if-slow.ts';
import { LocalStackError } from './errors.ts';

/** A server that was just started may have much to load. */
const REDIS_TIMEOUT_MS = 60_000;
/** A migration that takes longer changes the rows of many calls. */
const SLOW_MIGRATION_MS = 3_000;
const SLOW_MIGRATION = 'The database is being brought up to date. With very many calls this takes minutes …';

/** Redis and Postgres, given or started here. */
export interface Servers {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** Those that were started here. */
  readonly redis: EmbeddedServer | undefined;
  readonly postgres: EmbeddedServer | undefined;
  stop(): Promise<void>;
}

export interface ServersOptions {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly redisUrl?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly postgresSettings?: Readonly<Record<string, string>> | undefined;
  readonly onNotice: (sentence: string) => void;
}

/** Both servers, reachable and migrated. Throws the reason if not, and leaves none running. */
export async function startServers(options: ServersOptions): Promise<Servers> {
  const [redis, postgres] = await startMissing(options);
  let isStopping = false;
  const servers: Servers = {
    redisUrl: redis?.url ?? options.redisUrl ?? '',
    databaseUrl: postgres?.url ?? options.databaseUrl ?? '',
    redis,
    postgres,
    stop: async () => {
      isStopping = true;
      await Promise.all([redis?.stop(), postgres?.stop()]);
    },
  };
  const tellEnd = (name: string) => (): void => {
    if (isStopping) return;
    options.onNotice(`${name} has ended unexpectedly: stop Turnlog with Ctrl-C and start it again.`);
  };
  redis?.exited.finally(tellEnd('Redis')).catch(options.onNotice);
  postgres?.exited.finally(tellEnd('Postgres')).catch(options.onNotice);
  try {
    const migrating = migrate({ databaseUrl: servers.databaseUrl });
    await Promise.all([
      requireRedis(servers.redisUrl),
      announceIfSlow(migrating, SLOW_MIGRATION_MS, () => options.onNotice(SLOW_MIGRATION)),
    ]);
    return servers;
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

async function startMissing(
  options: ServersOptions,
): Promise<[EmbeddedServer | undefined, EmbeddedServer | undefined]> {
  const { dataDir, cacheDir, redisUrl, databaseUrl, postgresSettings, onNotice: log } = options;
  const results = await Promise.allSettled([
    redisUrl === undefined ? startRedis({ dataDir: path.join(dataDir, 'redis'), cacheDir, log }) : undefined,
    databaseUrl === undefined
      ? startPostgres({
          dataDir: path.join(dataDir, 'postgres'),
          cacheDir,
          log,
          ...(postgresSettings !== undefined && { settings: postgresSettings }),
        })
      : undefined,
  ]);
  const [redis, postgres] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : undefined,
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure === undefined) return [redis, postgres];
  await Promise.all([redis?.stop(), postgres?.stop()]);
  const reason: unknown = failure.reason;
  const message = reason instanceof Error ? reason.message : String(reason);
  throw new LocalStackError('server_failed', message, { cause: reason });
}

async function requireRedis(url: string): Promise<void> {
  const redis = createCommandClient({ url, name: 'turnlog-up', onError: () => undefined });
  try {
    const answer = await withDeadline(ping(redis), REDIS_TIMEOUT_MS);
    const problem = answer.timedOut ? 'no answer' : answer.value;
    if (problem === undefined) return;
    throw new LocalStackError(
      'server_failed',
      `Redis at ${stripUrlSecrets(url)} can't be reached: ${problem}. Is it running, and is REDIS_URL right?`,
    );
  } finally {
    redis.disconnect();
  }
}

/** Why it cannot be reached; undefined if it can. */
async function ping(redis: ReturnType<typeof createCommandClient>): Promise<string | undefined> {
  try {
    await untilReady(redis);
    await redis.ping();
    return undefined;
  } catch (error) {
    if (error instanceof ClusterNotSupportedError) throw new LocalStackError('server_failed', error.message);
    return (error as Error).message;
  }
}
