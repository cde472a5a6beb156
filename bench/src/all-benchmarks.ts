import { type Benchmark } from './benchmark.ts';
import { append } from './benchmarks/append.ts';
import { commandCalls, commandHelp } from './benchmarks/command-start.ts';
import { durabilityRate, durabilityWait } from './benchmarks/durability.ts';
import { gatewayFrames } from './benchmarks/gateway-frames.ts';
import { gatewayLiveMemory, gatewayMemory } from './benchmarks/gateway-memory.ts';
import { httpEvents } from './benchmarks/http-events.ts';
import { hangUpToRow } from './benchmarks/hang-up-to-row.ts';
import { hangUpUnderLoad } from './benchmarks/hang-up-under-load.ts';
import { longCallInPersister, longCallInSession } from './benchmarks/long-call.ts';
import { persistBullmq, persistBullmqRow } from './benchmarks/persist-bullmq.ts';
import { persist } from './benchmarks/persist.ts';
import { redisMemory } from './benchmarks/redis-memory.ts';

const allBenchmarks: readonly Benchmark[] = [
  append,
  persist,
  persistBullmq,
  persistBullmqRow,
  gatewayFrames,
  httpEvents,
  hangUpToRow,
  hangUpUnderLoad,
  redisMemory(24),
  redisMemory(200),
  gatewayMemory,
  gatewayLiveMemory,
  longCallInSession,
  longCallInPersister,
  durabilityRate('disk'),
  durabilityRate('replica'),
  durabilityWait('disk'),
  durabilityWait('replica'),
  commandHelp,
  commandCalls,
];

/** The benchmarks with these names or prefixes; all if none is given. Throws if none matches. */
export function chooseBenchmarks(wanted: readonly string[]): readonly Benchmark[] {
  if (wanted.length === 0) return allBenchmarks;
  const chosen = new Set(wanted.flatMap(fitting));
  return allBenchmarks.filter((benchmark) => chosen.has(benchmark));
}

function fitting(wanted: string): readonly Benchmark[] {
  const exact = allBenchmarks.find(({ name }) => name === wanted);
  const fits = exact === undefined ? allBenchmarks.filter(({ name }) => name.startsWith(wanted)) : [exact];
  if (fits.length > 0) return fits;
  const names = allBenchmarks.map(({ name }) => name).join(', ');
  throw new Error(`No benchmark has the name or prefix "${wanted}". There are: ${names}.`);
}
