import { hostname } from 'node:os';
import { caFile } from './ca-file.ts';
import { envValue, logLevel, wholeNumber, type EnvValue } from './env-value.ts';
import { postgresUrl, redisUrl } from './env-url.ts';

/** The key of the hashes that stand for phones in logs. Never quoted: it is a secret. */
const logPhoneKey: EnvValue<string> = envValue('a secret of at least 16 characters', (text) =>
  text.length >= 16 ? { value: text } : { problem: 'got a shorter one' },
);

/** The settings that every service has, to be spread into its own. `space` has the defaults of the keys in Redis. */
export function commonSettings(space: { readonly prefix: string; readonly partitions: number }) {
  return {
    REDIS_URL: redisUrl,
    REDIS_CA_FILE: caFile.optional(),
    /** Stands before every key in Redis. Braces would make a hash tag of it. */
    KEY_PREFIX: nameLike('a key prefix').default(space.prefix),
    /** The number of groups into which calls are divided. */
    PARTITIONS: wholeNumber(1, 1024).default(space.partitions),
    /** Names a replica and its consumer: stable over restarts, and different for each replica. */
    INSTANCE: nameLike('a name of this replica').default(hostname()),
    LOG_LEVEL: logLevel.default('info'),
    LOG_PHONE_KEY: logPhoneKey.optional(),
  };
}

/** The settings of a service that uses Postgres. */
export const databaseSettings = { DATABASE_URL: postgresUrl, DATABASE_CA_FILE: caFile.optional() };

/** The keys in Redis that the settings of a service name. */
export function keySpaceOf(config: { readonly KEY_PREFIX: string; readonly PARTITIONS: number }) {
  return { prefix: config.KEY_PREFIX, partitions: config.PARTITIONS };
}

function nameLike(what: string): EnvValue<string> {
  return envValue(`${what} of 1 to 64 letters, digits and . : _ -`, (text) =>
    /^[\w.:-]{1,64}$/.test(text) ? { value: text } : { problem: `got ${JSON.stringify(text.slice(0, 80))}` },
  );
}
