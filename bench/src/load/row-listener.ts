import pg from 'pg';
import { type Servers } from '../servers.ts';

const TIMEOUT_MS = 30_000;

/**
 * Is notified of rows as they become visible, without polling, which would take time from the measurement.
 */
export interface RowListener {
  /** Resolves when the call's row is visible as completed. Call it before it can be. */
  completed(callSid: string): Promise<void>;
  close(): Promise<void>;
}

/** Puts a trigger on the table of calls, for as long as the listener is open. */
export async function listenForRows({ pool, databaseUrl }: Servers): Promise<RowListener> {
  await pool.query(`
    create or replace function bench_tell_of_call() returns trigger language plpgsql as $$
    begin perform pg_notify('bench_completed', new.call_sid); return null; end $$`);
  await pool.query(`
    create trigger bench_tell_of_call after insert or update on call_sessions
    for each row when (new.status = 'completed') execute function bench_tell_of_call()`);
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query('listen bench_completed');
  const awaited = new Map<string, () => void>();
  client.on('notification', ({ payload }) => awaited.get(payload ?? '')?.());
  return {
    completed: (callSid) =>
      new Promise((resolve, reject) => {
        const tooLate = () => reject(new Error(`the row of ${callSid} did not appear`));
        const timeout = setTimeout(tooLate, TIMEOUT_MS);
        awaited.set(callSid, () => {
          clearTimeout(timeout);
          awaited.delete(callSid);
          resolve();
        });
      }),
    close: async () => {
      await client.end();
      await pool.query('drop trigger bench_tell_of_call on call_sessions');
    },
  };
}
