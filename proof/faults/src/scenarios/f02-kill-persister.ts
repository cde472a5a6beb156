import { repeatDuring } from '../load/start-load.ts';
import { ONE_SHORT_CALL } from './loads.ts';
import { sumMetric } from './metrics.ts';
import { WRITES_CALLS } from './requests.ts';
import { type Scenario } from './scenario.ts';

export const killPersister: Scenario = {
  id: 'F2',
  name: 'kill-persister',
  title: 'The persister is killed repeatedly, also between the Postgres commit and the acknowledgement',
  pass: 'What was committed before the kill is found to be stale, and the row is not written a second time.',
  answer:
    'Entries without an acknowledgement are delivered again; the version guard makes the second write a no-op.',
  loss: 'nothing',
  quick: true,
  run: async (context) => {
    const { stack, rng, postgresProxy, sql } = context;
    const persister = stack.service('persister-1');
    const load = context.load();
    const kills = await repeatDuring(
      load,
      () => rng.int(800, 2_500),
      () => persister.kill('SIGKILL'),
    );
    context.note('kills', kills);
    await persister.start();

    const trap = postgresProxy.setTrap({
      // Not any write: calls that waited since the kills are written in the meantime, and the call may
      // continue for a checkpoint or two.
      mentions: [...WRITES_CALLS, 'CAheld-1', 'callended'],
      action: 'hold-reply',
      times: 1,
    });
    const single = context.load(ONE_SHORT_CALL, 'CAheld');
    await Promise.all([trap.sprung, single.finished]);
    const written = await untilWritten();
    persister.kill('SIGKILL');
    await persister.untilDown();
    await persister.start();
    await context.recovered();
    const after = await readRow();
    context.expect(after === written, 'the row was written a second time');
    const stale = await sumMetric(context, 'persister', 'persist_total', 'result="stale"');
    context.note('stale', stale);
    context.expect(stale > 0, 'nothing was found to be stale');

    async function readRow(): Promise<string | undefined> {
      const { rows } = await sql.query<{ row: string }>(
        `select persisted_at || ' ' || xmin || ' ' || transcript_sha256 as row from call_sessions where call_sid = 'CAheld-1'`,
      );
      return rows[0]?.row;
    }
    async function untilWritten(): Promise<string> {
      for (;;) {
        const row = await readRow();
        if (row !== undefined) return row;
      }
    }
  },
};
