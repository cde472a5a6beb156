import { sleep } from '@turnlog/service-kit';
import pg from 'pg';
import { type Context, type Scenario } from './scenario.ts';

export const noConnections: Scenario = {
  id: 'F23',
  name: 'no-connections',
  title: 'Other clients have taken all connections of Postgres',
  pass: 'The persister waits, does not exit, and resumes when connections are free again.',
  answer: 'Persisting pauses with backoff (53300); calls wait in Redis.',
  loss: 'nothing',
  quick: false,
  stack: { postgresSettings: { max_connections: '16' } },
  run: async (context) => {
    const { size, sql } = context;
    const load = context.load();
    await sleep(size.windowMs / 3);
    const until = performance.now() + 8_000 * size.intensity;
    const hogs: pg.Client[] = [];
    let refusals = 0;
    while (performance.now() < until) {
      await sql.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'turnlog-persister'`,
      );
      refusals += await takeAll(context, hogs);
      await sleep(100);
    }
    context.note('taken', hogs.length);
    context.expect(refusals > 0, 'there were always connections to be had');
    await Promise.all(hogs.map((hog) => hog.end()));
    await context.recovered();
    await load.finished;
  },
};

/** Connects until it is refused. */
async function takeAll({ postgres }: Context, hogs: pg.Client[]): Promise<number> {
  for (;;) {
    const client = new pg.Client({ connectionString: postgres.url, application_name: 'hog' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      hogs.push(client);
    } catch (error) {
      if ((error as { code?: unknown }).code !== '53300') throw error;
      return 1;
    }
  }
}
