import { loadavg } from 'node:os';
import { chooseBenchmarks } from './all-benchmarks.ts';
import { type Benchmark } from './benchmark.ts';
import { readOptions, USAGE } from './options.ts';
import { formatGoal, formatRatio, formatSample } from './report/format.ts';
import { describeMachine, formatMachine, loadWarning } from './report/machine.ts';
import { writeResults } from './report/results-table.ts';
import { summarise, type Summary } from './report/summary.ts';
import { runRounds } from './run-rounds.ts';
import { startServers, type Servers } from './servers.ts';

/** Progress goes to standard error, so that standard output has the results alone. */
const say = (line: string): void => console.error(line);

const { options, benchmarks } = orUsage(() => {
  const options = readOptions(process.argv.slice(2));
  return { options, benchmarks: chooseBenchmarks(options.names) };
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const servers = await startServers({ profileDir: options.profile });
try {
  say(loadWarning() ?? 'The machine is quiet.');
  const summaries = await measureAll(servers);
  await report(servers, summaries);
  if (options.strict && summaries.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1;
} finally {
  await servers.stop();
}

async function measureAll(servers: Servers): Promise<Summary[]> {
  const summaries: Summary[] = [];
  for (const benchmark of benchmarks) {
    say(`\n${benchmark.name}: ${benchmark.compares}`);
    const summary = await measureOne(servers, benchmark);
    say(`  ${formatRatio(summary)}, goal ${formatGoal(summary)}: ${summary.verdict}`);
    summaries.push(summary);
  }
  return summaries;
}

async function measureOne(servers: Servers, benchmark: Benchmark): Promise<Summary> {
  const { unit } = benchmark;
  const size = (count: number): number => Math.max(1, Math.round(count * options.scale));
  const measured = await runRounds(
    benchmark,
    { servers, size },
    {
      rounds: options.rounds ?? benchmark.rounds,
      onRound: (number, { ours, yardstick }) => {
        const ratio = (ours.value / yardstick.value).toFixed(2);
        const title = number < 1 ? 'warm-up' : `round ${number}`;
        say(`  ${title}: ${formatSample(ours, unit)} ÷ ${formatSample(yardstick, unit)} = ${ratio}`);
      },
    },
  );
  return summarise(measured);
}

async function report(servers: Servers, summaries: readonly Summary[]): Promise<void> {
  const machine = await describeMachine(servers);
  const [load = 0] = loadavg();
  const occasion = { machine, load, date: new Date().toISOString().slice(0, 10) };
  if (options.write) await writeResults(summaries, occasion);
  if (options.json) {
    console.log(JSON.stringify({ ...occasion, scale: options.scale, results: summaries }, undefined, 2));
    return;
  }
  console.log(`\n${formatMachine(machine)}; load ${load.toFixed(1)}\n`);
  for (const summary of summaries) console.log(formatLine(summary));
}

function formatLine(summary: Summary): string {
  const { name, ours, yardstick, unit, verdict, remark } = summary;
  const values = `${formatSample(ours, unit)} ÷ ${formatSample(yardstick, unit)}`;
  const goal = `goal ${formatGoal(summary)}: ${verdict}`;
  return `${name.padEnd(20)} ${formatRatio(summary)}  ${goal}\n${' '.repeat(21)}${values}${remark ? `, ${remark}` : ''}`;
}

function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(1);
  }
}
