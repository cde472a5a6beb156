/*
 * Ours: CPU time per event of a service's process for one call of 5,000 turns. Yardstick: the same service's
 * for 250 calls of 20 turns, one call after another, so that as many events come as fast.
 *
 * The session service gets one turn at a time, and the next one after live views received it: the cost of the
 * live state of a call in progress. The persister gets each call when it has ended.
 */
import { type Bench, type Benchmark, type Contest, type Sample } from '../benchmark.ts';
import { createCallWriter } from '../load/call-writer.ts';
import { feedBacklog } from '../load/feed-backlog.ts';
import { openLiveView } from '../load/live-view.ts';
import { sampleCall, type SampleCall } from '../load/sample-call.ts';
import { until } from '../load/until.ts';
import { startService, type Service } from '../processes/service.ts';
import { clearCalls, type Servers } from '../servers.ts';
import { sum } from '../statistics.ts';

const LONG_TURNS = 5_000;
const SHORT_TURNS = 20;
/** Besides its turns a call has a start, a summary of its audio and an end. */
const OTHER_EVENTS = 3;

const shared = { unit: 'µs CPU/event', betterIs: 'lower', target: 1.3, rounds: 3, warmUpRounds: 1 } as const;

export const longCallInSession: Benchmark = {
  ...shared,
  name: 'long-call-session',
  compares: 'session: CPU per event of a call of 5,000 turns ÷ of calls of 20 turns',
  open: (bench) => open(bench, 'session', followLive),
};

export const longCallInPersister: Benchmark = {
  ...shared,
  name: 'long-call-persister',
  compares: 'persister: CPU per event of a call of 5,000 turns ÷ of calls of 20 turns',
  open: (bench) => open(bench, 'persister', persistOneByOne),
};

/** Makes the service process the calls; resolves when it has finished. */
type Process = (servers: Servers, calls: readonly SampleCall[]) => Promise<void>;

async function open({ servers, size }: Bench, name: 'session' | 'persister', run: Process): Promise<Contest> {
  const service = await startService(name, servers);
  const longTurns = size(LONG_TURNS);
  return {
    ours: () => measure(servers, service, makeCalls(1, longTurns), run),
    yardstick: () =>
      measure(servers, service, makeCalls(Math.ceil(longTurns / SHORT_TURNS), SHORT_TURNS), run),
    close: () => service.stop(),
  };
}

function makeCalls(count: number, turns: number): SampleCall[] {
  const shape = { events: turns + OTHER_EVENTS, turnsOnly: true };
  return Array.from({ length: count }, (_, n) => sampleCall(`CA${turns}-${n}`, shape));
}

async function measure(
  servers: Servers,
  service: Service,
  calls: readonly SampleCall[],
  run: Process,
): Promise<Sample> {
  await clearCalls(servers);
  const before = await service.usage();
  await run(servers, calls);
  const after = await service.usage();
  return { value: (after.cpuMicros - before.cpuMicros) / sum(calls.map(({ events }) => events.length)) };
}

async function followLive({ redis, redisUrl }: Servers, calls: readonly SampleCall[]): Promise<void> {
  const writer = createCallWriter(redis);
  const liveView = await openLiveView(redisUrl);
  for (const { call, events } of calls) {
    for (const [index, event] of events.entries()) {
      const seen = liveView.untilSeen(call, index + 1);
      await writer.append(call, [event]);
      await seen;
    }
  }
  liveView.close();
}

async function persistOneByOne({ redis }: Servers, calls: readonly SampleCall[]): Promise<void> {
  const writer = createCallWriter(redis);
  await writer.begin(calls);
  for (const call of calls) {
    await writer.end([call]);
    await until(async () => (await feedBacklog(redis, 'persist')) === 0, { what: 'the call is persisted' });
  }
}
