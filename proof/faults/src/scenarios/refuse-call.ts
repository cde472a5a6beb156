import { type Context } from './scenario.ts';

/** Makes Postgres refuse the row of one call for its content, as a check constraint does. */
export async function refuseCall({ sql }: Context, callSid: string): Promise<void> {
  await sql.query(
    `alter table call_sessions add constraint poison check (call_sid <> '${callSid}') not valid`,
  );
}

export async function acceptCall({ sql }: Context): Promise<void> {
  await sql.query('alter table call_sessions drop constraint poison');
}
