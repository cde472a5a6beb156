import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { repeatDuring } from '../load/start-load.ts';
import { usualMemoryBytes } from '../world/stack-shape.ts';
import { type Context, type Scenario } from './scenario.ts';

/** Much longer than the persister waits for a locked row. */
const LOCKED_MS = 30_000;

export const locks: Scenario = {
  id: 'F22',
  name: 'locks',
  title:
    'Other transactions hold locks on rows, and force deadlocks and conflicts of serializable transactions',
  pass: 'A call whose row is locked is deferred; a deadlock or a conflict is retried at once; nothing is dead-lettered.',
  answer: 'A call whose row is locked (55P03) is deferred; 40P01 and 40001 are retried at once.',
  loss: 'nothing',
  quick: false,
  // Three loads, one after the other.
  stack: (size) => ({ redis: { maxMemoryBytes: 3 * usualMemoryBytes(size) } }),
  run: async (context) => {
    await lockRows(context);
    const timeouts = await countOf('canceling statement due to lock timeout');
    await deadlock(context);
    await conflict(context);
    const seen = {
      'lock time-outs': timeouts,
      deadlocks: await countOf('deadlock detected'),
      conflicts: await countOf('could not serialize access'),
    };
    for (const [name, count] of Object.entries(seen)) {
      context.note(name, count);
      context.expect(count > 0, `there were no ${name}`);
    }

    async function countOf(text: string): Promise<number> {
      const log = await readFile(path.join(context.postgres.dataDir, 'postgres.log'), 'utf8');
      return log.split(text).length - 1;
    }
  },
};

/** All rows are locked for much longer than the persister waits for one. */
async function lockRows(context: Context): Promise<void> {
  const { sql, size } = context;
  const load = context.load({ windowMs: size.windowMs * 3 }, 'CAlocked');
  await sleep(size.windowMs / 2);
  const client = await sql.connect();
  await client.query('begin');
  await client.query('select from call_sessions for update');
  await sleep(LOCKED_MS);
  await client.query('rollback');
  client.release();
  await context.recovered();
  await load.finished;
}

/**
 * We hold the last row and want the others; the persister holds others and wants the last: the server chooses
 * its transaction as the victim.
 */
async function deadlock(context: Context): Promise<void> {
  const { sql } = context;
  // Sooner than the persister gives up on a locked row.
  await setDefault(context, 'deadlock_timeout', '600ms');
  const load = context.load({}, 'CAdead');
  await repeatDuring(
    load,
    () => 500,
    async () => {
      const client = await sql.connect();
      await client.query(`begin; set local deadlock_timeout = '5s'; set local statement_timeout = '3s'`);
      await client.query(
        `select from call_sessions where call_sid like 'CAdead%' order by call_sid desc limit 3 for update`,
      );
      await sleep(600);
      // If no transaction holds the others, or the time is up, there was no deadlock.
      await client
        .query(`select from call_sessions where call_sid like 'CAdead%' for update`)
        .catch(() => undefined);
      await client.query('rollback');
      client.release();
    },
  );
}

/** New sessions get snapshots, and we change the rows in the meantime. */
async function conflict(context: Context): Promise<void> {
  const { sql } = context;
  await setDefault(context, 'default_transaction_isolation', 'repeatable read');
  const load = context.load({}, 'CAconflict');
  await repeatDuring(
    load,
    () => 100,
    async () => {
      const client = await sql.connect();
      await client.query('begin isolation level read committed');
      // If it meets a write of the persister, one of the two is the victim of a deadlock, which is fine.
      const isDone = await client.query('update call_sessions set created_at = created_at').then(
        () => true,
        () => false,
      );
      await sleep(300);
      await client.query(isDone ? 'commit' : 'rollback');
      client.release();
    },
  );
  await setDefault(context, 'default_transaction_isolation', 'read committed');
  await context.recovered();
}

/** Sets a default of the persister's future sessions. */
async function setDefault({ sql }: Context, setting: string, value: string): Promise<void> {
  await sql.query(
    `do $$ begin execute format('alter database %I set ${setting} = %L', current_database(), '${value}'); end $$`,
  );
  await sql.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'turnlog-persister'`,
  );
}
