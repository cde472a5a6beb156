import { hostname } from 'node:os';
import { z } from 'zod';
import { caFile } from './ca-file.ts';
import { described } from './described.ts';
import { envValue, logLevel, wholeNumber, type EnvValue } from './env-value.ts';
import { postgresUrl, redisUrl } from './env-url.ts';

/** The key of the hashes that stand for phones in logs. Never quoted: it is a secret. */
const logPhoneKey: EnvValue<string> = envValue('a secret of at least 16 characters', (text) =>
  text.length >= 16 ? { value: text } : { problem: 'got a shorter one' },
);

/** The settings that every service has, to be spread into its own. `space` has the defaults of the keys in Redis. */
export function commonSettings(space: { readonly prefix: string; readonly partitions: number }) {
  return described(
    {
      REDIS_URL: redisUrl,
      REDIS_CA_FILE: caFile.optional(),
      KEY_PREFIX: nameLike('a key prefix').default(space.prefix),
      PARTITIONS: wholeNumber(1, 1024).default(space.partitions),
      INSTANCE: nameLike('a name of this replica').default(hostname()),
      HEALTH_HOST: z.string().optional(),
      LOG_LEVEL: logLevel.default('info'),
      LOG_PHONE_KEY: logPhoneKey.optional(),
    },
    {
      REDIS_URL:
        'Redis: `redis://`, `rediss://`, or `redis+sentinel://user:password@host:26379,host2:26379/<primary>`.',
      REDIS_CA_FILE: 'The certificate authority of a `rediss://` server.',
      KEY_PREFIX: 'The start of every key in Redis.',
      PARTITIONS:
        'The groups into which calls are divided: the same in all services, fixed while calls are in Redis.',
      INSTANCE:
        'The name of this replica and its consumer: stable over restarts, different for each replica.',
      HEALTH_HOST: 'The address on which HEALTH_PORT is opened, such as 127.0.0.1; all of them by default.',
      LOG_LEVEL: 'The lowest level that is logged.',
      LOG_PHONE_KEY:
        'The key of the hashes of phones in logs, so that all services log the same; random by default.',
    },
  );
}

/** The settings of a service that uses Postgres. */
export const databaseSettings = described(
  { DATABASE_URL: postgresUrl, DATABASE_CA_FILE: caFile.optional() },
  { DATABASE_URL: 'Postgres.', DATABASE_CA_FILE: 'The certificate authority of a Postgres over TLS.' },
);

/** The keys in Redis that the settings of a service name. */
export function keySpaceOf(config: { readonly KEY_PREFIX: string; readonly PARTITIONS: number }) {
  return { prefix: config.KEY_PREFIX, partitions: config.PARTITIONS };
}

function nameLike(what: string): EnvValue<string> {
  return envValue(`${what} of 1 to 64 letters, digits and . : _ -`, (text) =>
    /^[\w.:-]{1,64}$/.test(text) ? { value: text } : { problem: `got ${JSON.stringify(text.slice(0, 80))}` },
  );
}
