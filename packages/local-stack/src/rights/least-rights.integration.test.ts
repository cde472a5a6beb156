import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callKeys, partitionKeys } from '@turnlog/call-log';
import { createCallStore, migrate } from '@turnlog/call-store';
import { placeCall } from '@turnlog/exotel';
import { waitUntil } from '@turnlog/test-kit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startLocalStack, type LocalStack } from '../local-stack.ts';
import {
  startGuardedPostgres,
  startGuardedRedis,
  type GuardedServer,
} from './private-servers.test-support.ts';

/*
 * F41: the real services run with the credentials that compose gives them, which proves that these are enough; and each
 * credential is tried on every command of the server, and on every verb and table, that it must not have.
 */

const space = { prefix: 'tl:', partitions: 2 };
let redis: GuardedServer;
let postgres: GuardedServer;
beforeAll(async () => {
  [redis, postgres] = await Promise.all([startGuardedRedis({ KEY_PREFIX: 'tl:' }), startGuardedPostgres()]);
  await migrate({ databaseUrl: postgres.urlOf('turnlog_owner') });
});
afterAll(async () => {
  await Promise.all([redis.close(), postgres.close()]);
});

describe('the services', () => {
  let stack: LocalStack;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'turnlog-test-'));
    stack = await startLocalStack({
      dataDir,
      redisUrl: redis.urlOf('operator'),
      databaseUrl: postgres.urlOf('turnlog_owner'),
      serviceUrls: {
        gateway: { redisUrl: redis.urlOf('gateway'), databaseUrl: 'postgres://nobody@127.0.0.1:1/none' },
        session: { redisUrl: redis.urlOf('session'), databaseUrl: 'postgres://nobody@127.0.0.1:1/none' },
        persister: { redisUrl: redis.urlOf('persister'), databaseUrl: postgres.urlOf('turnlog_persister') },
      },
      env: { PARTITIONS: '2', AGENT_URL: undefined },
      serviceEnv: {
        gateway: { HEARTBEAT_MS: '200' },
        session: { LOST_AFTER_MS: '1500', SWEEP_EVERY_MS: '100', CHECKPOINT_EVERY_MS: '100' },
        persister: { CLAIM_IDLE_MS: '1000' },
      },
    });
  });
  afterAll(async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('do all their work with the credentials of their own', async () => {
    const store = createCallStore({ databaseUrl: postgres.urlOf('turnlog_reader'), maxConnections: 1 });
    const operator = new Redis(redis.urlOf('operator'));
    try {
      await placeCall({ url: stack.streamUrls[0] ?? '', callSid: 'CA-rights', audio: 0.2, pace: 'flat-out' })
        .finished;
      const url = `${stack.gatewayUrls[0] ?? ''}/v1/calls/CA-rights/events`;
      const body = JSON.stringify({ event: 'turn', id: '1', turn: { speaker: 'user', text: 'late' } });
      await fetch(url, { method: 'POST', body, headers: { connection: 'close' } });
      // A poison entry leads to a dead letter, a quiet call to the sweep.
      await reportPoison(operator, 'CA-rights');
      await waitUntil(
        async () => (await store.readCall('CA-rights'))?.full_transcript.some(({ text }) => text === 'late'),
        { what: 'the call is persisted', timeoutMs: 15_000 },
      );
      await waitUntil(async () => (await lettersOf(operator)) > 0, { what: 'the poison is set aside' });
      expect(await store.verifyCall({ tenant: 'default', callSid: 'CA-rights' })).toMatchObject({});
    } finally {
      operator.disconnect();
      await store.close();
    }
  });
});

async function reportPoison(operator: Redis, callSid: string): Promise<void> {
  const call = { tenant: 'default', callSid };
  const { log, head } = callKeys(space, call);
  const { persist } = partitionKeys(space, Number(/p(\d+)/.exec(log)?.[1]));
  const seq = await operator.hincrby(head, 'seq', 1);
  await operator.xadd(log, `${seq}-0`, 'e', 'no event');
  await operator.xadd(persist, '*', 'c', `default/${callSid}`, 's', seq, 'r', 'late');
}

async function lettersOf(operator: Redis): Promise<number> {
  const lengths = [0, 1].map((partition) => operator.xlen(partitionKeys(space, partition).dead));
  return (await Promise.all(lengths)).reduce((sum, length) => sum + length);
}

const CONNECTING = ['ping', 'hello', 'auth', 'reset', 'quit', 'info', 'time', 'eval', 'evalsha'].concat(
  ...[['client|setname', 'client|id']],
);
const FEEDS = ['xgroup|create', 'xreadgroup', 'xautoclaim', 'xack', 'xdel', 'xrange', 'xlen', 'xinfo|groups'];

/** All commands that each user may call at all, on some key. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  gateway: [
    ...CONNECTING,
    ...['wait', 'waitaof', 'hget', 'hmget', 'hset', 'hdel', 'zscore', 'zadd', 'zrem', 'xadd', 'xrange'],
    ...['persist', 'set', 'pexpire', 'hgetall', 'zcard', 'zremrangebyscore', 'getdel'],
  ],
  session: [
    ...CONNECTING,
    ...FEEDS,
    ...['hget', 'hmget', 'hgetall', 'hset', 'hdel', 'llen', 'rpush', 'pttl', 'pexpire', 'persist', 'xadd'],
    ...['zadd', 'zrem', 'zscore', 'zrangebyscore', 'del', 'publish'],
  ],
  persister: [
    ...CONNECTING,
    ...FEEDS,
    ...['hget', 'hmget', 'hset', 'hexists', 'pexpire', 'exists', 'zscore', 'xadd', 'hgetall'],
  ],
  reconciler: [
    ...CONNECTING,
    ...['hget', 'hmget', 'hset', 'hdel', 'zscore', 'zadd', 'zrem', 'xadd', 'xrange', 'persist'],
  ],
};

describe('Redis', () => {
  test.each(Object.keys(ALLOWED))('%s may call no command but its own', async (name) => {
    const allowed = new Set(ALLOWED[name]);
    const user = new Redis(redis.urlOf(name));
    try {
      const forbidden = (await commandsOf(redis.urlOf('operator'))).filter(
        ({ name: command }) => !allowed.has(command),
      );
      expect(forbidden.length).toBeGreaterThan(150);
      for (const { name: command, args } of forbidden) {
        const answer = await refusal(user, [...command.split('|'), ...args]);
        expect(`${command}: ${answer}`).toMatch(/: (NOPERM|ERR \w+ command not allowed)/);
      }
    } finally {
      user.disconnect();
    }
  });

  const LOG = 'tl:{p00}:call:default/CA1:log';
  test.each([
    ['gateway', ['HGET', 'other:key', 'f']],
    ['gateway', ['XRANGE', 'tl:{p00}:dead', '-', '+']],
    ['gateway', ['XADD', 'tl:{p00}:dead', '*', 'a', 'b']],
    ['gateway', ['HSET', 'tl:tenants', 'a', 'b']],
    ['gateway', ['PEXPIRE', LOG, '1']],
    ['gateway', ['SET', LOG, 'x']],
    ['gateway', ['EVAL', `return redis.call('DEL', KEYS[1])`, '1', LOG]],
    ['gateway', ['EVAL', `return redis.call('XRANGE', KEYS[1], '-', '+')`, '1', 'tl:{p00}:dead']],
    ['session', ['DEL', LOG]],
    ['session', ['XADD', 'tl:{p00}:dead', '*', 'a', 'b']],
    ['session', ['XRANGE', 'tl:{p00}:dead', '-', '+']],
    ['session', ['HGETALL', 'tl:tenants']],
    ['session', ['PUBLISH', 'other', 'x']],
    ['persister', ['XADD', LOG, '*', 'a', 'b']],
    ['persister', ['EVAL', `return redis.call('XADD', KEYS[1], '*', 'a', 'b')`, '1', LOG]],
    ['persister', ['DEL', LOG]],
    ['persister', ['XDEL', 'tl:{p00}:dead', '1-1']],
    ['persister', ['XREADGROUP', 'GROUP', 'session', 'x', 'STREAMS', 'tl:{p00}:activity', '>']],
    ['reconciler', ['XRANGE', 'tl:{p00}:dead', '-', '+']],
    ['reconciler', ['PEXPIRE', LOG, '1']],
    ['reconciler', ['HGETALL', 'tl:tenants']],
    ['operator', ['FLUSHALL']],
    ['operator', ['CONFIG', 'GET', '*']],
    ['operator', ['ACL', 'LIST']],
    ['operator', ['SHUTDOWN']],
    ['operator', ['HGETALL', 'other:key']],
    ['health', ['GET', 'tl:tenants']],
  ])('%s may not %j', async (name, command) => {
    const user = new Redis(redis.urlOf(name), { enableReadyCheck: false });
    try {
      expect(await refusal(user, command)).toMatch(/NOPERM|permission|can't (run|access)/i);
    } finally {
      user.disconnect();
    }
  });

  test('nobody gets in without a name', async () => {
    const { host } = new URL(redis.urlOf('gateway'));
    const nobody = new Redis(`redis://${host}`, { retryStrategy: () => null });
    nobody.on('error', () => undefined);
    expect(await refusal(nobody, ['PING'])).toMatch(/NOAUTH/);
    nobody.disconnect();
  });
});

/** Every command of the server and every subcommand, with as many arguments as it takes at least. */
async function commandsOf(url: string): Promise<{ name: string; args: string[] }[]> {
  const operator = new Redis(url);
  type Info = readonly [name: string, arity: number, ...rest: unknown[]];
  try {
    const infos = (await operator.call('COMMAND')) as Info[];
    return infos.flatMap((info) => {
      const subcommands = (info[9] ?? []) as Info[];
      return (subcommands.length > 0 ? subcommands : [info]).map(([name, arity]) => {
        const given = name.split('|').length;
        return { name, args: Array.from({ length: Math.abs(arity) - given }, () => '1') };
      });
    });
  } finally {
    operator.disconnect();
  }
}

async function refusal(user: Redis, [command = '', ...args]: readonly string[]): Promise<string> {
  try {
    return `answered ${JSON.stringify(await user.call(command, ...args))}`;
  } catch (error) {
    return (error as Error).message;
  }
}

const TABLES = [
  'tenants',
  'legal_holds',
  'erasures',
  'erased_calls',
  'call_reconciliations',
  'call_placements',
  'carrier_request_budgets',
  'call_sessions',
  'call_event_segments',
  'call_turns',
  'kysely_migration',
  'kysely_migration_lock',
];
const COLUMN_OF: Readonly<Record<string, string>> = {
  erased_calls: 'erased_at',
  carrier_request_budgets: 'account',
  kysely_migration: 'name',
  kysely_migration_lock: 'id',
  tenants: 'name',
};
const VERBS: Readonly<Record<string, (table: string) => string>> = {
  select: (table) => `select * from ${table} limit 0`,
  insert: (table) => `insert into ${table} select * from ${table} limit 0`,
  update: (table) => `update ${table} set ${COLUMN_OF[table] ?? 'tenant'} = null where false`,
  delete: (table) => `delete from ${table} where false`,
  truncate: (table) => `truncate ${table}`,
  drop: (table) => `drop ${table === 'call_turns' ? 'view' : 'table'} ${table}`,
  alter: (table) => `alter ${table === 'call_turns' ? 'view' : 'table'} ${table} rename to x`,
};
const RIGHTS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  turnlog_persister: {
    call_sessions: ['select', 'insert', 'update'],
    call_event_segments: ['select', 'insert', 'update'],
    kysely_migration: ['select'],
    tenants: ['select'],
  },
  turnlog_reconciler: {
    call_sessions: ['select'],
    call_reconciliations: ['select', 'insert', 'update'],
    call_placements: ['select', 'insert', 'update'],
    carrier_request_budgets: ['select', 'insert', 'update'],
    kysely_migration: ['select'],
  },
  turnlog_reader: {
    call_sessions: ['select'],
    call_event_segments: ['select'],
    call_turns: ['select'],
    kysely_migration: ['select'],
  },
  turnlog_eraser: {
    call_sessions: ['select', 'insert', 'update', 'delete'],
    call_event_segments: ['select', 'insert', 'update', 'delete'],
    call_turns: ['select'],
    kysely_migration: ['select'],
    tenants: ['select', 'insert', 'update'],
    legal_holds: ['select', 'insert', 'update', 'delete'],
    erasures: ['select', 'insert', 'update'],
    erased_calls: ['select', 'insert'],
    call_reconciliations: ['select', 'insert', 'update', 'delete'],
    call_placements: ['select', 'insert', 'update', 'delete'],
    carrier_request_budgets: ['select', 'insert', 'update'],
  },
};

describe('Postgres', () => {
  test.each(Object.keys(RIGHTS))('%s may do nothing but what is its own', async (role) => {
    const client = new pg.Client({ connectionString: postgres.urlOf(role) });
    await client.connect();
    try {
      const rights = await client.query<{ table_name: string; privilege_type: string }>(
        `select table_name, privilege_type from information_schema.role_table_grants where grantee = $1`,
        [role],
      );
      const granted = rights.rows.map(
        ({ table_name, privilege_type }) => `${privilege_type.toLowerCase()} ${table_name}`,
      );
      const expected = Object.entries(RIGHTS[role] ?? {}).flatMap(([table, verbs]) =>
        verbs.map((verb) => `${verb} ${table}`),
      );
      expect(granted.sort()).toEqual(expected.sort());
      for (const table of TABLES) {
        for (const [verb, statement] of Object.entries(VERBS)) {
          const isNoStatement = table === 'call_turns' && verb === 'truncate';
          if (isNoStatement || RIGHTS[role]?.[table]?.includes(verb)) continue;
          await expect(client.query(statement(table))).rejects.toMatchObject({
            code: expect.stringMatching(/^(42501|55000)$/),
          });
        }
      }
      for (const statement of [
        'create table x (a int)',
        'create schema x',
        'create role x',
        `copy call_sessions to program 'true'`,
        'alter system set fsync = off',
        `select pg_read_file('/etc/passwd')`,
        'set role turnlog_owner',
      ]) {
        await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await client.end();
    }
  });
});
