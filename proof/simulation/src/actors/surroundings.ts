import { type CallKey } from '@turnlog/call-events';
import { type KeySpace } from '@turnlog/call-log';
import { type Scheduler } from '../kernel/scheduler.ts';
import { type Server } from '../kernel/server.ts';
import { type SimProcess } from '../kernel/sim-process.ts';
import { type Settings } from '../plan/plan.ts';
import { connectToPostgres } from '../postgres/connect.ts';
import { type PostgresModel } from '../postgres/postgres-model.ts';
import { connectToRedis, type RedisPorts } from '../redis/connect.ts';
import { type RedisModel } from '../redis/redis-model.ts';

/** What services run on: the servers, and the settings. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly settings: Settings;
  readonly space: KeySpace;
  readonly redisServer: Server;
  readonly redis: RedisModel;
  readonly postgresServer: Server;
  readonly postgres: PostgresModel;
  /** Whether every persister that reads this call dies. */
  readonly isDeadly: (call: CallKey) => boolean;
  /** Uniform in [0, 1), for backoff. */
  readonly random: () => number;
}

/** Redis, as this process sees it. */
export function redisOf(
  process: SimProcess,
  { scheduler, redisServer, redis, settings }: Surroundings,
): RedisPorts {
  const { keepKeysMs, checkpointEveryMs, maxCallBytes, maxPageBytes } = settings;
  return connectToRedis(process, {
    server: redisServer,
    model: redis,
    scheduler,
    keepKeysMs,
    checkpointEveryMs,
    maxCallBytes,
    maxPageBytes,
  });
}

/** Postgres, as this process sees it. */
export function postgresOf(
  process: SimProcess,
  { postgresServer, postgres }: Surroundings,
): ReturnType<typeof connectToPostgres> {
  return connectToPostgres(process, { server: postgresServer, model: postgres });
}
