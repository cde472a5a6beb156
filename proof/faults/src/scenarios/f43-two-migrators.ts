import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createCallStore } from '@turnlog/call-store';
import { withPort } from '../world/world.ts';
import { type Context, type Scenario } from './scenario.ts';
import { TURNLOG, turnlog } from '../world/turnlog-command.ts';

export const twoMigrators: Scenario = {
  id: 'F43',
  name: 'two-migrators',
  title: 'Two processes migrate the schema at once, and one is killed half-way',
  pass: 'One migrates; the other finds nothing to do; after a kill, the next one starts clean.',
  answer: 'Migrations run under a lock in the server, in one transaction.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const together = await makeDatabase(context, 'together');
    const outputs = await Promise.all([migrate(together), migrate(together)]);
    const workers = outputs.filter((output) => output.includes('0001-call-sessions'));
    context.expect(workers.length === 1, `${workers.length} migrators did the work`);
    await expectMigrated(context, together);

    const killed = await makeDatabase(context, 'killed');
    const { postgresProxy } = context;
    const trap = postgresProxy.setTrap({
      mentions: ['create view call_turns'],
      action: 'hold-request',
      times: 1,
    });
    const args = [TURNLOG, 'migrate', '--database', withPort(killed, postgresProxy.port)];
    const migrator = spawn(process.execPath, args, { stdio: 'ignore' });
    await trap.sprung;
    migrator.kill('SIGKILL');
    await once(migrator, 'exit');
    // The server notices it when the network does.
    trap.release();
    await migrate(killed);
    await expectMigrated(context, killed);
    await context.load({ calls: 3, eventsPerCall: 3, windowMs: 500 }).finished;
  },
};

async function makeDatabase({ sql, postgres }: Context, name: string): Promise<string> {
  await sql.query(`create database ${name}`);
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

function migrate(databaseUrl: string): Promise<string> {
  return turnlog('migrate', '--database', databaseUrl);
}

async function expectMigrated({ expect }: Context, databaseUrl: string): Promise<void> {
  const store = createCallStore({ databaseUrl, maxConnections: 1 });
  const problem = await store.assertMigrated().then(() => undefined, String);
  expect(problem === undefined, `the schema is not whole: ${problem ?? ''}`);
  await store.close();
}
