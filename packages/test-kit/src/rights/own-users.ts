import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const INFRA = fileURLToPath(new URL('../../../../infra', import.meta.url));

const passwordOf = (name: string): string => `password-of-${name}`;

/** A server's URL for one of its users, whose password is derived from its name. */
export function withUser(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.username = name;
  url.password = passwordOf(name);
  return url.href;
}

/** The Redis of the users: the one that holds the logs, or one that holds audio alone. */
export type RedisUse = 'logs' | 'audio';

/** The output of infra/redis/users.sh: the users of Redis, one a line, as in an ACL file. */
export async function redisUsers(
  env: Readonly<Record<string, string>> = {},
  use: RedisUse = 'logs',
): Promise<string> {
  const names = ['gateway', 'session', 'persister', 'reconciler', 'operator', 'maintenance'];
  const passwords = names.map((name) => [`REDIS_${name.toUpperCase()}_PASSWORD`, passwordOf(name)]);
  const { stdout } = await run(
    'sh',
    [path.join(INFRA, 'redis/users.sh'), ...(use === 'audio' ? [use] : [])],
    {
      // The tests' Redis may be older.
      env: {
        PATH: process.env['PATH'],
        REDIS_SINCE_7_2: '',
        ...env,
        ...(Object.fromEntries(passwords) as Record<string, string>),
      },
    },
  );
  return stdout;
}

/** Creates the roles of infra/postgres/roles.sh in a database; `url` is its superuser's. */
export async function makePostgresRoles(url: string): Promise<void> {
  const { username, pathname } = new URL(url);
  const names = ['owner', 'persister', 'reconciler', 'reader', 'eraser'];
  const passwords = names.map((name) => [
    `POSTGRES_${name.toUpperCase()}_PASSWORD`,
    passwordOf(`turnlog_${name}`),
  ]);
  await runRoles(url, {
    POSTGRES_USER: username,
    POSTGRES_DB: pathname.slice(1),
    ...(Object.fromEntries(passwords) as Record<string, string>),
  });
}

/**
 * Runs the real script with the driver in place of psql, which not every test machine has. Its variables are
 * those of the script's command line, and `\gexec` runs the result of a query.
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
