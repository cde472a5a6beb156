import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  makePostgresRoles,
  redisUsers,
  startPostgresForTest,
  startRedisForTest,
  withUser,
  type PrivateServer,
  type RedisUse,
} from '@turnlog/test-kit';

/** A server on which every client needs a name. */
export interface GuardedServer {
  /** Its address for one of its users. */
  readonly urlOf: (name: string) => string;
  /** Kills it, and starts it on its data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A Redis with the users of infra/redis, as compose starts it. */
export async function startGuardedRedis(
  env: Readonly<Record<string, string>>,
  use: RedisUse = 'logs',
): Promise<GuardedServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  const aclFile = path.join(folder, 'users.acl');
  await writeFile(aclFile, await redisUsers(env, use));
  const server = await startRedisForTest({ appendfsync: 'always', extraArgs: ['--aclfile', aclFile] });
  return {
    urlOf: (name) => withUser(server.url, name),
    restart: () => restart(server),
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A Postgres with the roles of infra/postgres, as compose starts it. */
export async function startGuardedPostgres(): Promise<GuardedServer> {
  const server = await startPostgresForTest();
  await makePostgresRoles(server.url);
  return {
    urlOf: (name) => withUser(server.url, name),
    restart: () => restart(server),
    close: () => server.close(),
  };
}

async function restart(server: PrivateServer): Promise<void> {
  await server.crash();
  await server.start();
}
