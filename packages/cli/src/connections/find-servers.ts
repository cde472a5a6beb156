import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_KEY_SPACE, type KeySpace } from '@turnlog/call-log/keys';
import { readRunningStack, type RunningStack } from '@turnlog/local-stack/stack-file';
import {
  caFile,
  postgresUrl,
  readConfig,
  redisUrl,
  wholeNumber,
  withDatabaseCa,
  withRedisCa,
} from '@turnlog/service-kit/config';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { adviseStart } from '../program.ts';
import type { Terminal } from '../terminal.ts';

/** The flags of the command line. */
export interface AskedServers {
  readonly redis?: string | undefined;
  readonly database?: string | undefined;
  readonly data?: string | undefined;
}

/** The addresses of a system's servers, as far as they are known. */
export interface FoundServers {
  readonly redisUrl: string | undefined;
  /** Another Redis for the calls' audio. */
  readonly audioRedisUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly space: KeySpace;
  /** The local stack, if one runs. */
  readonly stack: RunningStack | undefined;
}

const environment = z.object({
  REDIS_URL: redisUrl.optional(),
  AUDIO_REDIS_URL: redisUrl.optional(),
  DATABASE_URL: postgresUrl.optional(),
  REDIS_CA_FILE: caFile.optional(),
  DATABASE_CA_FILE: caFile.optional(),
  KEY_PREFIX: z.string().optional(),
  PARTITIONS: wholeNumber(1, 1024).optional(),
});

/** Looks at the flags, then at the environment, then for a running local stack. */
export async function findServers(asked: AskedServers, terminal: Terminal): Promise<FoundServers> {
  const read = readConfig(environment, terminal.env);
  if (!read.ok) throw new CommandError(`The environment is wrong:\n  ${read.problems.join('\n  ')}`);
  const { config: env } = read;
  const stack = await readRunningStack(dataDirOf(asked.data, terminal));
  const redisUrl = asked.redis ?? env.REDIS_URL ?? stack?.redisUrl;
  const audioRedisUrl = asked.redis ?? env.AUDIO_REDIS_URL ?? stack?.audioRedisUrl;
  const databaseUrl = asked.database ?? env.DATABASE_URL ?? stack?.databaseUrl;
  return {
    redisUrl: redisUrl && withRedisCa(redisUrl, env.REDIS_CA_FILE),
    audioRedisUrl: audioRedisUrl && withRedisCa(audioRedisUrl, env.REDIS_CA_FILE),
    databaseUrl: databaseUrl && withDatabaseCa(databaseUrl, env.DATABASE_CA_FILE),
    space: {
      prefix: env.KEY_PREFIX ?? stack?.keyPrefix ?? DEFAULT_KEY_SPACE.prefix,
      partitions: env.PARTITIONS ?? stack?.partitions ?? DEFAULT_KEY_SPACE.partitions,
    },
    stack,
  };
}

const DATA_OF_THE_REPOSITORY = fileURLToPath(new URL('../../../../.data', import.meta.url));

/** The data folder: the given one, TURNLOG_DATA_DIR, or `.data` of the repository. */
export function dataDirOf(asked: string | undefined, { env }: Terminal): string {
  const chosen = asked ?? env['TURNLOG_DATA_DIR'];
  return chosen === undefined || chosen === '' ? DATA_OF_THE_REPOSITORY : path.resolve(chosen);
}

/** The sentence for a server whose address is unknown. */
export function notFound(what: 'Redis' | 'Postgres', { env }: Terminal): CommandError {
  const [flag, variable] = what === 'Redis' ? ['--redis', 'REDIS_URL'] : ['--database', 'DATABASE_URL'];
  return new CommandError(`No ${what} is known: ${adviseStart(env)}name one with ${flag} or ${variable}.`);
}

/** The stream URL of the local stack's first gateway. Throws a sentence if none runs. */
export async function streamUrlOfStack(asked: AskedServers, terminal: Terminal): Promise<string> {
  const { stack } = await findServers(asked, terminal);
  const gatewayUrl = stack?.gatewayUrls[0];
  if (gatewayUrl !== undefined) return `${gatewayUrl.replace(/^http/, 'ws')}/exotel/stream`;
  throw new CommandError(`No gateway is known: ${adviseStart(terminal.env)}name one with --url ws://….`);
}
