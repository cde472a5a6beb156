import { postgresUrl, redisUrl } from '@turnlog/service-kit';
import { text, valueFlag } from '../flags.ts';

const dataDir = valueFlag(
  text,
  '<folder>',
  'data folder of the local stack; .data of the repository by default',
);

/** Flags for Redis. */
export const redisFlags = {
  redis: valueFlag(redisUrl, '<url>', 'Redis; REDIS_URL or the local stack by default'),
  data: dataDir,
};

/** Flags for Postgres. */
export const databaseFlags = {
  database: valueFlag(postgresUrl, '<url>', 'Postgres; DATABASE_URL or the local stack by default'),
  data: dataDir,
};

/** Flags for the local stack. */
export const dataFlags = { data: dataDir };
