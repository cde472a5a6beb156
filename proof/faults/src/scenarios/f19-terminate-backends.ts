import { repeatDuring } from '../load/start-load.ts';
import { type Scenario } from './scenario.ts';

export const terminateBackends: Scenario = {
  id: 'F19',
  name: 'terminate-backends',
  title: 'Connections to Postgres are terminated by the server every 300 ms',
  pass: 'The persister does not exit.',
  answer: 'An interrupted write is repeated; the repetition changes nothing.',
  loss: 'nothing',
  quick: false,
  run: async (context) => {
    const { sql, rng } = context;
    const load = context.load();
    let terminated = 0;
    await repeatDuring(
      load,
      () => rng.int(200, 400),
      async () => {
        const { rowCount } = await sql.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'turnlog-persister' order by random() limit 2`,
        );
        terminated += rowCount ?? 0;
      },
    );
    context.note('terminated', terminated);
    context.expect(terminated > 0, 'no connection was terminated');
    await context.recovered();
  },
};
