import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { allPartitions, DEFAULT_KEY_SPACE, partitionKeys } from '@turnlog/call-log';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { migrate } from '@turnlog/call-store';
import { startPostgres, startRedis, type RedisOptions } from '@turnlog/embedded';
import { type Redis } from 'ioredis';
import pg from 'pg';

const CACHE_DIR = fileURLToPath(new URL('../../.data/cache', import.meta.url));

const NO_REWRITES = ['--auto-aof-rewrite-percentage', '0'];

/** The Redis and the Postgres of one run, in a folder of their own that is removed with them. */
export interface Servers {
  readonly folder: string;
  /** The folder for CPU profiles of the processes under test, if requested. */
  readonly profileDir: string | undefined;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly redis: Redis;
  readonly pool: pg.Pool;
  stop(): Promise<void>;
}

/**
 * Starts both with the durability of production: Redis with its append-only file synced every second,
 * Postgres with fsync and synchronous commits, both its own defaults. Only rewriting the append-only file is
 * off, because it would hit one of the two sides at random.
 */
export async function startServers({ profileDir }: Pick<Servers, 'profileDir'>): Promise<Servers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'turnlog-bench-'));
  // Under root, Postgres runs as another user, who needs access.
  await chmod(folder, 0o711);
  const [redisServer, postgres] = await Promise.all([
    startRedis({
      dataDir: path.join(folder, 'redis'),
      cacheDir: CACHE_DIR,
      extraArgs: NO_REWRITES,
    }),
    startPostgres({ dataDir: path.join(folder, 'postgres'), cacheDir: CACHE_DIR }),
  ]);
  await migrate({ databaseUrl: postgres.url });

  const redis = createCommandClient({ url: redisServer.url, name: 'bench', onError: console.error });
  await untilReady(redis);
  const pool = new pg.Pool({ connectionString: postgres.url, max: 20 });
  // An idle connection breaks when Postgres stops; one in use reports it to its user.
  pool.on('error', () => undefined);
  return {
    folder,
    profileDir,
    redisUrl: redisServer.url,
    databaseUrl: postgres.url,
    redis,
    pool,
    stop: async () => {
      redis.disconnect();
      await pool.end();
      await Promise.all([redisServer.stop(), postgres.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Another Redis beside that of the run, with other settings. */
export interface AnotherRedis {
  readonly port: number;
  readonly redis: Redis;
  stop(): Promise<void>;
}

/** Starts a Redis in a folder of this name, with the settings of the run's own and others. */
export async function startAnotherRedis(
  { folder }: Servers,
  name: string,
  { extraArgs = [], ...options }: Pick<RedisOptions, 'appendfsync' | 'extraArgs'> = {},
): Promise<AnotherRedis> {
  const server = await startRedis({
    ...options,
    dataDir: path.join(folder, name),
    cacheDir: CACHE_DIR,
    extraArgs: [...NO_REWRITES, ...extraArgs],
  });
  const redis = createCommandClient({ url: server.url, name: 'bench', onError: console.error });
  await untilReady(redis);
  return {
    port: server.port,
    redis,
    stop: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
}

/** Empties both for the next benchmark. No service may be running. */
export async function reset({ redis, pool }: Servers): Promise<void> {
  await redis.flushall();
  await pool.query('truncate call_sessions, call_event_segments');
}

/**
 * Deletes the calls of the previous round, so that every round starts alike. Groups of consumers and feeds
 * stay; feeds are empty when everything is done, except for the activity feed if no session service reads it.
 */
export async function clearCalls({ redis, pool }: Servers): Promise<void> {
  await pool.query('truncate call_sessions, call_event_segments');
  for (const partition of allPartitions(DEFAULT_KEY_SPACE))
    await redis.xtrim(partitionKeys(DEFAULT_KEY_SPACE, partition).activity, 'MAXLEN', 0);
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(
      cursor,
      'MATCH',
      `${DEFAULT_KEY_SPACE.prefix}*:call:*`,
      'COUNT',
      1000,
    );
    if (keys.length > 0) await redis.unlink(...keys);
    cursor = next;
  } while (cursor !== '0');
}
