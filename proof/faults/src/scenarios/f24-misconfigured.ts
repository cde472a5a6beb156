import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sleep } from '@turnlog/service-kit';
import { withPort } from '../world/world.ts';
import { type Context, type Scenario } from './scenario.ts';

export const misconfigured: Scenario = {
  id: 'F24',
  name: 'misconfigured',
  title: 'A column is renamed under the persister, then its role loses a privilege',
  pass: 'Persisting pauses and alerts an operator; nothing is dead-lettered; it resumes after the repair.',
  answer: 'Persisting pauses; an error line with `page: true` states what to do.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { sql, size } = context;
    await usePlainRole(context);
    const load = context.load({ windowMs: size.windowMs * 2 });
    await sleep(size.windowMs / 3);
    await sql.query('alter table call_sessions rename column stage to phase');
    await untilPaged(context, 1);
    await sleep(3_000 * size.intensity);
    await sql.query('alter table call_sessions rename column phase to stage');
    await context.recovered();
    await sql.query('revoke insert on call_sessions from persister');
    await untilPaged(context, 2);
    await sleep(3_000 * size.intensity);
    await sql.query('grant insert on call_sessions to persister');
    await context.recovered();
    await load.finished;
  },
};

/** The persister gets a role of its own: a superuser has all rights. */
async function usePlainRole({ sql, stack, postgres, postgresProxy }: Context): Promise<void> {
  await sql.query(`create role persister login password 'persister'`);
  await sql.query('grant select, insert, update on all tables in schema public to persister');
  const url = new URL(withPort(postgres.url, postgresProxy.port));
  url.username = 'persister';
  url.password = 'persister';
  await stack.service('persister-1').restart({ DATABASE_URL: url.href });
}

async function untilPaged({ stack }: Context, times: number): Promise<void> {
  const file = path.join(stack.logDir, 'persister-1.log');
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const lines = (await readFile(file, 'utf8')).split('\n');
    if (lines.filter((line) => line.includes('"page":true')).length >= times) return;
    await sleep(100);
  }
  throw new Error(`the persister did not alert an operator (${times})`);
}
