import { sleep } from '@turnlog/service-kit';
import { type Load } from '../load/start-load.ts';
import { readMetric, readMetrics, sumMetric } from './metrics.ts';
import { type Context, type Scenario } from './scenario.ts';

const MIB = 1024 * 1024;
const LIMIT_S = 5;

export const manyCalls: Scenario = {
  id: 'F36',
  name: 'many-calls',
  title: 'Five times as many calls as in the other scenarios, at once, on one of each service',
  pass: 'Of a hundred calls 99 are in Postgres within 5 s of their end; no call is cut or refused.',
  answer: 'Appends travel together, folding costs per event, writes are batched. Benchmarks have the limits.',
  loss: 'nothing',
  quick: false,
  // As in production: checkpoints every few seconds would be the larger part of the work.
  stack: { serviceEnv: { session: { CHECKPOINT_EVERY_MS: '30000' } } },
  run: async (context) => {
    const { size, ledger } = context;
    await context.recovered();
    const idleBytes = await readMetric(context, 'gateway-1', 'process_resident_memory_bytes');
    const calls = size.calls * 5;
    const load = context.load({ calls, eventsPerCall: 20, windowMs: size.windowMs * 2, withoutLine: 0 });
    const peak = await watchGateway(context, load);
    context.note('at once', peak.calls);
    context.note('gateway per call', `${((peak.bytes - idleBytes) / peak.calls / 1024).toFixed(0)} KiB`);
    context.note('gateway at most', `${(peak.bytes / MIB).toFixed(0)} MiB`);
    context.note('event loop p99', `${(peak.loopP99Seconds * 1000).toFixed(0)} ms`);
    context.expect(peak.calls > calls / 2, `only ${peak.calls} calls were going on at once`);

    await context.recovered();
    const all = await sumMetric(context, 'persister', 'end_to_persist_seconds_count');
    const inTime = await sumMetric(context, 'persister', 'end_to_persist_seconds_bucket', `le="${LIMIT_S}"`);
    context.note(`persisted within ${LIMIT_S} s`, `${((100 * inTime) / all).toFixed(1)} %`);
    context.expect(inTime >= 0.99 * all, `only ${inTime} of ${all} were persisted within ${LIMIT_S} s`);
    const cut = ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} calls were cut`);
  },
};

interface Peak {
  readonly calls: number;
  readonly bytes: number;
  readonly loopP99Seconds: number;
}

/** The most of each that was seen until the load was over. */
async function watchGateway(context: Context, load: Load): Promise<Peak> {
  let peak: Peak = { calls: 0, bytes: 0, loopP99Seconds: 0 };
  while (load.isRunning) {
    const read = await readMetrics(context, 'gateway-1');
    peak = {
      calls: Math.max(peak.calls, read('gateway_connections')),
      bytes: Math.max(peak.bytes, read('process_resident_memory_bytes')),
      // Since it was read before.
      loopP99Seconds: Math.max(peak.loopP99Seconds, read('nodejs_eventloop_lag_p99_seconds')),
    };
    await Promise.race([load.finished, sleep(5_000)]);
  }
  return peak;
}
