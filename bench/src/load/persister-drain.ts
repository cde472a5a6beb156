import { type Sample } from '../benchmark.ts';
import { startService } from '../processes/service.ts';
import { clearCalls, type Servers } from '../servers.ts';
import { createCallWriter } from './call-writer.ts';
import { feedBacklog } from './feed-backlog.ts';
import { type SampleCall } from './sample-call.ts';
import { until } from './until.ts';

/** The real persister, with a backlog of finished calls. */
export interface PersisterDrain {
  /**
   * How many calls a second it writes to Postgres: from the moment at which it may start to the commit and
   * acknowledgement of the last call. CPU is that of its process per call.
   */
  measure(calls: readonly SampleCall[]): Promise<Sample>;
  close(): Promise<void>;
}

/** Starts a persister, which stays for all rounds: the start of a service is not measured. */
export async function openPersisterDrain(servers: Servers): Promise<PersisterDrain> {
  const { redis, pool } = servers;
  const persister = await startService('persister', servers);
  const writer = createCallWriter(redis);
  return {
    measure: async (calls) => {
      await clearCalls(servers);
      await writer.begin(calls);
      const before = await persister.usage();
      // Frozen for the time to hang up: much shorter than any of its time-outs.
      persister.freeze();
      await writer.end(calls);
      const beganAt = performance.now();
      persister.thaw();
      await until(async () => (await feedBacklog(redis, 'persist')) === 0, {
        what: 'all calls are persisted',
        // Polling costs Redis and this process something, and only ours pays for it.
        everyMs: 20,
      });
      const seconds = (performance.now() - beganAt) / 1000;
      const after = await persister.usage();
      await assertPersisted(pool, calls);
      return {
        value: calls.length / seconds,
        cpuMicros: (after.cpuMicros - before.cpuMicros) / calls.length,
      };
    },
    close: () => persister.stop(),
  };
}

/** A rate means nothing if the work was not done. */
async function assertPersisted(pool: Servers['pool'], calls: readonly SampleCall[]): Promise<void> {
  const { rows } = await pool.query<{ calls: string; events: string }>(`
    select (select count(*) from call_sessions where status = 'completed') as calls,
           (select sum(event_count) from call_event_segments) as events`);
  const events = calls.reduce((total, call) => total + call.events.length, 0);
  if (Number(rows[0]?.calls) !== calls.length || Number(rows[0]?.events) !== events)
    throw new Error(
      `of ${calls.length} calls with ${events} events, Postgres holds ${JSON.stringify(rows[0])}`,
    );
}
