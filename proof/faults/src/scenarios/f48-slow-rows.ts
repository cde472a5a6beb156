import { sleep } from '@turnlog/service-kit';
import { reportAll } from './report-events.ts';
import { type Context, type Scenario } from './scenario.ts';
import { until } from './until.ts';

/** Whole batches take longer than the statement timeout of 15 s; halves do not. */
const ROW_MS = 200;
const CALLS = 96;
const PASSED_WITHIN_MS = 120_000;
const LOCKED_CALL = 'CAlocked';
const WRITTEN_WITHIN_MS = 45_000;

export const slowRows: Scenario = {
  id: 'F48',
  name: 'slow-rows',
  title:
    'Each row takes Postgres 0.2 s, so a full batch exceeds the statement timeout, and one row is locked for the whole time',
  pass: 'Every other call is recorded meanwhile, the locked one when the lock is released; nothing is dead-lettered.',
  answer:
    'A batch that takes too long is halved, down to one call; a call that cannot be written is deferred.',
  loss: 'nothing',
  quick: false,
  stack: { serviceEnv: { persister: { DATABASE_CONNECTIONS: '1' } } },
  run: async (context) => {
    const { stack, sql } = context;
    await reportTurns(context, LOCKED_CALL, 1, 2);
    const hasRow = await until(async () => (await countTurns(context, LOCKED_CALL)) === 2, 30_000);
    context.expect(hasRow, 'the call that is to be locked has no row');
    const persister = stack.service('persister-1');
    await persister.stop();
    await slowDown(context);
    const client = await sql.connect();
    await client.query('begin');
    await client.query(`select from call_sessions where call_sid = $1 for update`, [LOCKED_CALL]);
    await reportTurns(context, LOCKED_CALL, 3, 4);
    const names = Array.from({ length: CALLS }, (_, index) => `CAslow-${index + 1}`);
    await Promise.all(names.map((name) => reportTurns(context, name, 1, 1)));
    // All of them are over by then, so that the persister finds them together.
    await sleep(6_000);
    const startedAtMs = performance.now();
    await persister.start();

    const passed = await until(async () => (await countRows(context)) === CALLS, PASSED_WITHIN_MS);
    context.expect(passed, `${await countRows(context)} of ${CALLS} calls were recorded`);
    context.note('recorded within', `${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`);
    context.expect((await countTurns(context, LOCKED_CALL)) === 2, 'the locked row was written');
    await client.query('rollback');
    client.release();
    const isWritten = await until(
      async () => (await countTurns(context, LOCKED_CALL)) === 4,
      WRITTEN_WITHIN_MS,
    );
    context.expect(isWritten, 'the row that was locked was not written when the lock was gone');
    await sql.query('drop trigger slow on call_sessions');
  },
};

async function slowDown({ sql }: Context): Promise<void> {
  await sql.query(`create function slow() returns trigger language plpgsql as $$
    begin perform pg_sleep(${ROW_MS / 1_000}); return new; end $$`);
  await sql.query('create trigger slow before insert on call_sessions for each row execute function slow()');
}

async function reportTurns(context: Context, callSid: string, from: number, to: number): Promise<void> {
  const messages = Array.from({ length: to - from + 1 }, (_, index) => ({
    event: 'turn',
    id: `e${from + index}`,
    turn: { speaker: 'user', text: `turn ${from + index}` },
    timestamp: Date.now() + index,
  }));
  await reportAll(context, callSid, messages, { perRequest: 10, withinMs: 30_000 });
}

async function countRows({ sql }: Context): Promise<number> {
  const text = `select count(*)::integer as count from call_sessions where call_sid like 'CAslow-%'`;
  const { rows } = await sql.query<{ count: number }>(text);
  return rows[0]?.count ?? 0;
}

async function countTurns({ store }: Context, callSid: string): Promise<number> {
  return (await store.readCall(callSid))?.full_transcript.length ?? 0;
}
