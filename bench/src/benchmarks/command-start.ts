/*
 * How long a person waits for the turnlog command. Ours: `--help`, and `calls` on the run's database, each in a
 * process of its own from its start to its end. Yardstick: `node -e 0`, which loads nothing. The median of each;
 * the CPU time is that of the whole process, and other load hardly changes it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Bench, type Benchmark, type Sample } from '../benchmark.ts';
import { median } from '../statistics.ts';

const TURNLOG = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));
const RUNS = 15;

/** At its end each process writes its CPU time, in µs, to a pipe of its own. */
const REPORT_CPU =
  'import{writeSync}from"node:fs";process.on("exit",()=>{const{user,system}=process.cpuUsage();writeSync(3,String(user+system))})';

/** The start of a program that needs no server. */
export const commandHelp: Benchmark = {
  name: 'command-help',
  compares: '`turnlog --help`, start to end, p50 ÷ `node -e 0`',
  unit: 'ms',
  betterIs: 'lower',
  target: 2.5,
  aim: 1.5,
  rounds: 3,
  warmUpRounds: 1,
  open: (bench) => openContest(bench, ['--help']),
};

/** The start of a program that asks Postgres. */
export const commandCalls: Benchmark = {
  name: 'command-calls',
  compares: '`turnlog calls`, start to end, p50 ÷ `node -e 0`',
  unit: 'ms',
  betterIs: 'lower',
  target: 10,
  aim: 6,
  rounds: 3,
  warmUpRounds: 1,
  open: (bench) => openContest(bench, ['calls']),
};

function openContest({ servers, size }: Bench, args: readonly string[]) {
  const env = { ...process.env, DATABASE_URL: servers.databaseUrl };
  return Promise.resolve({
    ours: () => measure([TURNLOG, ...args], env, size(RUNS)),
    yardstick: () => measure(['-e', '0'], env, size(RUNS)),
    close: () => Promise.resolve(),
  });
}

async function measure(args: readonly string[], env: NodeJS.ProcessEnv, runs: number): Promise<Sample> {
  const timesMs: number[] = [];
  const cpuMicros: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now();
    cpuMicros.push(await cpuOf(args, env));
    timesMs.push(performance.now() - startedAt);
  }
  return { value: median(timesMs), cpuMicros: median(cpuMicros) };
}

async function cpuOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const preload = `data:text/javascript,${encodeURIComponent(REPORT_CPU)}`;
  const child = spawn(process.execPath, ['--import', preload, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  let reported = '';
  child.stdio[3]?.on('data', (data: Buffer) => (reported += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${String(code)}`);
  return Number(reported);
}
