import { sleep } from '@turnlog/service-kit';
import { COLLECTABLE, heldBytes } from './held-memory.ts';
import { readMetric, sumMetric } from './metrics.ts';
import { type Context, type RunSize, type Scenario } from './scenario.ts';
import { steadyInput } from './steady-input.ts';
import { median, watchFigures, type FigureWatch, type Stretch } from './watch-figures.ts';

const DEFAULT_CALLS = 500;
const DEFAULT_MINUTES = 1;
/**
 * Each call has an event at this interval and two frames a second, because the carrier runs on this machine
 * too.
 */
const EVENT_EVERY_MS = 3_000;
const EVENTS_PER_CALL = 10;
const LOOK_EVERY_MS = 5_000;

/** Above the idle size: the room of a heap under load, however many calls there are. */
const MAX_MIB_PER_SERVICE = 48;
/** Of all services together, above that. */
const MAX_KIB_PER_CALL = 150;
/** From the beginning to the end, after a full garbage collection. */
const MAX_HEAP_GROWTH = 0.1;
const MAX_LOOP_P99_MS = 50;
const MAX_PERSIST_S = 5;

const SERVICES = ['gateway-1', 'session-1', 'persister-1'];
const KIB = 1024;
const MIB = 1024 * KIB;

export const manyCalls: Scenario = {
  id: 'F36',
  name: 'many-calls',
  title: 'Hundreds of calls at once on one of each service, with calls that start and end all the time',
  pass: 'Memory per call is constant and within its budget, event loops are below 50 ms (p99), of a hundred calls 99 are in Postgres within 5 s of their end; no call is cut or refused.',
  answer:
    'Appends are sent in micro-batches, the cost of folding is per event, and writes are batched. The benchmarks have the limits.',
  loss: 'nothing',
  quick: false,
  alone: true,
  stack: (size) => ({
    redis: { maxMemoryBytes: 256 * MIB },
    serviceEnv: {
      // As in production: more often, both would be the larger part of the work.
      gateway: { ...COLLECTABLE, HEARTBEAT_MS: '10000' },
      persister: COLLECTABLE,
      session: {
        ...COLLECTABLE,
        LOST_AFTER_MS: '45000',
        CHECKPOINT_EVERY_MS: '30000',
        // Full before anything is measured: later growth is not the cache. Twice as many calls have ended by
        // then, if this machine keeps up.
        CACHE_MAX_CALLS: String(Math.ceil(1.25 * callsAtOnceOf(size))),
      },
    },
  }),
  run: async (context) => {
    const { size, ledger } = context;
    const callsAtOnce = callsAtOnceOf(size);
    const callMs = EVENTS_PER_CALL * EVENT_EVERY_MS;
    await context.recovered();
    const idle = await residentBytes(context);
    const input = steadyInput(context, {
      callsAtOnce,
      callMs,
      eventsPerCall: EVENTS_PER_CALL,
      withoutLine: 0,
    });
    // Until the first calls have ended.
    await sleep(2 * callMs);
    const heldFirst = await heldBytes(context, SERVICES);
    const watched = watchFigures(context, SERVICES, LOOK_EVERY_MS);
    const fromMs = performance.now();
    await sleep((size.minutes ?? DEFAULT_MINUTES) * 60_000);
    const busy = { fromMs, toMs: performance.now() };
    await watched.stop();
    const heldLast = await heldBytes(context, SERVICES);
    await input.stop();

    const calls = median(watched.seen('gateway-1', 'gateway_connections', busy));
    context.note('at once', calls);
    context.expect(calls > 0.8 * callsAtOnce, `only ${calls} calls were in progress at once`);
    checkMemory(context, { calls, idle, peaks: SERVICES.map((name) => peakOf(watched, name, busy)) });
    checkHeaps(context, heldFirst, heldLast);
    checkLoops(context, watched, busy);
    await context.recovered();
    await checkPersisting(context);
    const cut = ledger.calls().filter(({ lineEnds }) => lineEnds.includes('cut'));
    context.expect(cut.length === 0, `${cut.length} calls were cut`);
  },
};

function callsAtOnceOf({ callsAtOnce = DEFAULT_CALLS }: RunSize): number {
  return callsAtOnce;
}

function checkMemory(
  context: Context,
  {
    calls,
    idle,
    peaks,
  }: { readonly calls: number; readonly idle: readonly number[]; readonly peaks: readonly number[] },
): void {
  const grown = total(peaks) - total(idle);
  const budget = SERVICES.length * MAX_MIB_PER_SERVICE * MIB + calls * MAX_KIB_PER_CALL * KIB;
  context.note('resident', `${toMib(idle)} MiB idle, ${toMib(peaks)} MiB at most`);
  context.note('by call', `${(grown / calls / KIB).toFixed(0)} KiB`);
  context.expect(
    grown <= budget,
    `${toMib([grown])} MiB for ${calls} calls, the budget is ${toMib([budget])}`,
  );
}

function checkHeaps(context: Context, first: readonly number[], last: readonly number[]): void {
  SERVICES.forEach((name, index) => {
    const [before = NaN, after = NaN] = [first[index], last[index]];
    const told = `from ${(before / MIB).toFixed(1)} to ${(after / MIB).toFixed(1)} MiB`;
    context.note(`heap of ${name}`, told);
    context.expect(after <= before * (1 + MAX_HEAP_GROWTH), `the heap of ${name} has grown ${told}`);
  });
}

/** Each reading covers the time since the one before. */
function checkLoops(context: Context, watched: FigureWatch, busy: Stretch): void {
  for (const name of SERVICES) {
    const seenMs = watched.seen(name, 'nodejs_eventloop_lag_p99_seconds', busy).map((each) => each * 1_000);
    const [usual, worst] = [median(seenMs), seenMs.at(-1) ?? NaN];
    context.note(`loop of ${name}`, `p99 ${usual.toFixed(0)} ms, worst of 5 s ${worst.toFixed(0)} ms`);
    context.expect(usual < MAX_LOOP_P99_MS, `the event loop of ${name} has a p99 of ${usual.toFixed(0)} ms`);
  }
}

async function checkPersisting(context: Context): Promise<void> {
  const all = await sumMetric(context, 'persister', 'end_to_persist_seconds_count');
  const label = `le="${MAX_PERSIST_S}"`;
  const inTime = await sumMetric(context, 'persister', 'end_to_persist_seconds_bucket', label);
  context.note(`persisted within ${MAX_PERSIST_S} s`, `${((100 * inTime) / all).toFixed(1)} %`);
  context.expect(inTime >= 0.99 * all, `only ${inTime} of ${all} were persisted within ${MAX_PERSIST_S} s`);
}

function residentBytes(context: Context): Promise<number[]> {
  return Promise.all(SERVICES.map((name) => readMetric(context, name, 'process_resident_memory_bytes')));
}

function peakOf(watched: FigureWatch, service: string, within: Stretch): number {
  return watched.seen(service, 'process_resident_memory_bytes', within).at(-1) ?? NaN;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** `120+98+101`. */
function toMib(bytes: readonly number[]): string {
  return bytes.map((each) => (each / MIB).toFixed(0)).join('+');
}
