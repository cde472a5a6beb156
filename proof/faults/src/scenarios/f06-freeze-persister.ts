import { sleep } from '@turnlog/service-kit';
import { type Context, type Scenario } from './scenario.ts';

const CALL = 'CAold-1';
const FROZEN_MS = 60_000;
const POLL_MS = 50;
/** By then Postgres has executed a write that arrives so late. */
const LATE_WRITE_MS = 30_000;

export const freezePersister: Scenario = {
  id: 'F6',
  name: 'freeze-persister',
  title:
    'A persister is frozen for a minute while it writes an old version, and continues after a newer one is written',
  pass: 'The newer row stays.',
  answer:
    'Another replica claims its entries after 15 s. The version guard of the upsert refuses the old version.',
  loss: 'nothing',
  quick: true,
  stack: {
    persisters: 2,
    serviceEnv: { persister: { CLAIM_IDLE_MS: '2000' }, session: { CHECKPOINT_EVERY_MS: '1000' } },
  },
  run: async (context) => {
    const { postgresProxy, stack, size } = context;
    const [frozen, other] = [stack.service('persister-1'), stack.service('persister-2')];
    // So that the held write is that of the frozen one.
    await other.stop();
    const trap = postgresProxy.setTrap({
      mentions: ['turnlog_write_calls', CALL],
      action: 'hold-request',
      times: 1,
    });
    const load = context.load(
      { calls: 1, eventsPerCall: 12, windowMs: 8_000, withoutLine: 0, lateEvents: 0 },
      'CAold',
    );
    await trap.sprung;
    frozen.kill('SIGSTOP');
    const frozenAtMs = performance.now();
    await other.start();
    await load.finished;
    const newest = await untilCompleted(context);
    // By now the newer row is there: for a quick run that is long enough.
    if (size.intensity === 1) await sleep(FROZEN_MS - (performance.now() - frozenAtMs));

    const releasedAt = await serverTime(context);
    trap.release();
    context.expect(await isWritten(context, releasedAt), 'the old version did not reach Postgres');
    frozen.kill('SIGCONT');
    await context.recovered();
    const after = await readRow(context);
    context.note('version', newest.version);
    context.expect(after.row === newest.row, `the row is of version ${after.version}, or written anew`);
    for (const service of [frozen, other]) {
      service.kill('SIGSTOP');
      await context.recovered();
      service.kill('SIGCONT');
    }
  },
};

interface Row {
  readonly version: number;
  readonly status: string;
  /** Another one after each write. */
  readonly row: string;
}

async function untilCompleted(context: Context): Promise<Row> {
  for (;;) {
    const row = await readRow(context);
    if (row.status === 'completed') return row;
    await sleep(POLL_MS);
  }
}

async function readRow({ sql }: Context): Promise<Row> {
  const { rows } = await sql.query<Row>(
    `select version, status, xmin || ' ' || persisted_at as row from call_sessions where call_sid = $1`,
    [CALL],
  );
  return rows[0] ?? { version: 0, status: 'none', row: '' };
}

async function serverTime({ sql }: Context): Promise<Date> {
  const { rows } = await sql.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]?.now ?? new Date(0);
}

/** Whether a session finished a write that began after this, within the time that the late one may take. */
async function isWritten({ sql }: Context, since: Date): Promise<boolean> {
  const deadline = performance.now() + LATE_WRITE_MS;
  while (performance.now() < deadline) {
    const { rowCount } = await sql.query(
      `select from pg_stat_activity where application_name = 'turnlog-persister'
        and query like 'with archived as %' and query_start >= $1 and state <> 'active'`,
      [since],
    );
    if ((rowCount ?? 0) > 0) return true;
    await sleep(POLL_MS);
  }
  return false;
}
