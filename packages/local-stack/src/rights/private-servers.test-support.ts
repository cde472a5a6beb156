import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPostgresForTest, startRedisForTest, type PrivateServer } from '@turnlog/test-kit';
import { Redis } from 'ioredis';
import pg from 'pg';

const run = promisify(execFile);
const INFRA = fileURLToPath(new URL('../../../../infra', import.meta.url));

/** The users of Redis, and the roles of Postgres, each with a password that is its name's. */
export const passwordOf = (name: string): string => `password-of-${name}`;

/** A server on which everybody has a name. */
export interface GuardedServer {
  /** Its address for one of its users. */
  urlOf(name: string): string;
  close(): Promise<void>;
}

/** A Redis with the users of infra/redis, as compose starts it. */
export async function startGuardedRedis(env: Readonly<Record<string, string>>): Promise<GuardedServer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
  const aclFile = path.join(folder, 'users.acl');
  await writeFile(aclFile, 'user default on nopass ~* &* +@all\n');
  const server = await startRedisForTest({ extraArgs: ['--aclfile', aclFile] });
  const names = ['gateway', 'session', 'persister', 'reconciler', 'operator'];
  const passwords = names.map((name) => [`REDIS_${name.toUpperCase()}_PASSWORD`, passwordOf(name)]);
  const { stdout } = await run('sh', [path.join(INFRA, 'redis/users.sh')], {
    // The tests' Redis may be older.
    env: {
      PATH: process.env['PATH'],
      REDIS_SINCE_7_2: '',
      ...env,
      ...(Object.fromEntries(passwords) as Record<string, string>),
    },
  });
  await writeFile(aclFile, stdout);
  await loadUsers(server);
  return {
    urlOf: (name) => withUser(server.url, name),
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The last thing that the nameless user does: the file that it loads switches it off. */
async function loadUsers({ url }: PrivateServer): Promise<void> {
  const redis = new Redis(url);
  try {
    await redis.call('ACL', 'LOAD');
  } finally {
    redis.disconnect();
  }
}

/** A Postgres with the roles of infra/postgres, as compose starts it. */
export async function startGuardedPostgres(): Promise<GuardedServer> {
  const server = await startPostgresForTest();
  const { username, pathname } = new URL(server.url);
  const names = ['owner', 'persister', 'reconciler', 'reader', 'eraser'];
  const passwords = names.map((name) => [
    `POSTGRES_${name.toUpperCase()}_PASSWORD`,
    passwordOf(`turnlog_${name}`),
  ]);
  await runRoles(server.url, {
    POSTGRES_USER: username,
    POSTGRES_DB: pathname.slice(1),
    ...(Object.fromEntries(passwords) as Record<string, string>),
  });
  return { urlOf: (name) => withUser(server.url, name), close: () => server.close() };
}

/**
 * The script as it is, its psql played by the driver: not every machine that runs tests has a psql. Its variables are
 * those that the script gives on the command line, and `\gexec` runs what a query returns.
 */
async function runRoles(url: string, env: Readonly<Record<string, string>>): Promise<void> {
  const script = path.join(INFRA, 'postgres/roles.sh');
  const print = 'psql() { printf "%s\\n" "$@"; echo --; cat; }; export -f psql; bash "$0"';
  const { stdout } = await run('bash', ['-c', print, script], { env: { PATH: process.env['PATH'], ...env } });
  const [options = '', text = ''] = stdout.split('\n--\n');
  const variables = new Map(
    options.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
  const sql = text.replace(/:'(\w+)'/g, (_, name: string) => pg.escapeLiteral(variables.get(name) ?? ''));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const [, statement = '', end] of sql.matchAll(/([^;]*?)(;|\\gexec)\s*(?:\n|$)/g)) {
      const { rows } = await client.query<Record<string, string>>(statement);
      if (end === ';') continue;
      for (const row of rows) await client.query(Object.values(row)[0] ?? '');
    }
  } finally {
    await client.end();
  }
}

function withUser(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.username = name;
  url.password = passwordOf(name);
  return url.href;
}
