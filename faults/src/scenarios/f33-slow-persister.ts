import { appendFileSync } from 'node:fs';
import { sleep } from '@turnlog/service-kit';
import { readMetrics } from './metrics.ts';
import { type Scenario } from './scenario.ts';

const MIB = 1024 * 1024;
export const slowPersister: Scenario = {
  id: 'F33',
  name: 'slow-persister',
  title: 'Postgres is ten times too slow for what comes in',
  pass: 'x',
  answer: 'x',
  loss: 'nothing',
  quick: false,
  stack: { serviceEnv: { persister: { BATCH_CALLS: '5', DATABASE_CONNECTIONS: '1' } } },
  run: async (context) => {
    const { postgresProxy } = context;
    let isOn = true;
    const started = performance.now();
    let slow = false;
    const sampling = (async () => {
      while (isOn) {
        for (const name of ['persister-1', 'session-1', 'gateway-1']) {
          const read = await readMetrics(context, name);
          const mb = (m: string, l?: string) => (read(m, l) / MIB).toFixed(1);
          appendFileSync('/tmp/f33-samples.txt', `${((performance.now() - started) / 1000).toFixed(0)} ${slow ? 'slow' : 'fast'} ${name} rss ${mb('process_resident_memory_bytes')} heap ${mb('nodejs_heap_size_used_bytes')}/${mb('nodejs_heap_size_total_bytes')} ext ${mb('nodejs_external_memory_bytes')} new ${mb('nodejs_heap_space_size_total_bytes', 'space="new"')} old ${mb('nodejs_heap_space_size_used_bytes', 'space="old"')}/${mb('nodejs_heap_space_size_total_bytes', 'space="old"')} lag ${read('persist_feed_lag_entries')} pend ${read('persist_feed_pending_entries')} held ${read('gateway_retained_events')}\n`);
        }
        await sleep(2000);
      }
    })();
    const waves: Promise<void>[] = [];
    for (let wave = 0; wave < 60; wave++) {
      if (wave === 20) { slow = true; postgresProxy.setFaults({ toClient: { latencyMs: 1_500 } }); }
      waves.push(context.load({ calls: 60, eventsPerCall: 6, windowMs: 12_000 }, `CAw${wave}`).finished);
      await sleep(4000);
    }
    await Promise.all(waves);
    postgresProxy.setFaults({}); slow = false;
    await context.recovered();
    isOn = false;
    await sampling;
  },
};
