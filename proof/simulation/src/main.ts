import { parseArgs } from 'node:util';
import { runSeedsOnThreads } from './run-seeds.ts';
import { SABOTAGES, type Sabotage } from './sabotage.ts';
import { type Summary } from './seeds.ts';
import { simulate } from './simulate.ts';

const USAGE = `The deterministic simulation: the services' own code on a Redis and a Postgres in memory.

  --seeds <n>        the number of seeds to run (10000)
  --from <seed>      the first seed (1)
  --seed <seed>      run this seed alone, and print its trace
  --sabotage <name>  remove a guard, to check that it is noticed: ${SABOTAGES.join(', ')}
`;
const FAILURES_SHOWN = 5;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    sabotage: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else process.exitCode = (await run()) ? 0 : 1;

async function run(): Promise<boolean> {
  const sabotage = values.sabotage === undefined ? undefined : toSabotage(values.sabotage);
  if (values.seed !== undefined) return await replay(toWhole('--seed', values.seed), sabotage);
  const startedMs = performance.now();
  const count = toWhole('--seeds', values.seeds);
  const summary = await runSeedsOnThreads({ firstSeed: toWhole('--from', values.from), count, sabotage });
  print(summary, (performance.now() - startedMs) / 1000);
  return summary.failed.length === 0;
}

async function replay(seed: number, sabotage: Sabotage | undefined): Promise<boolean> {
  const { trace, violations, tally } = await simulate(seed, { sabotage, keepTrace: true });
  for (const line of trace) write(line);
  write(`\nseed ${seed}: ${tally.acknowledged} events acknowledged, ${tally.lost} lost`);
  for (const line of violations.length === 0 ? ['nothing is wrong'] : violations) write(`  ${line}`);
  return violations.length === 0;
}

function print({ seeds, failed, tally }: Summary, seconds: number): void {
  const rate = Math.round(seeds / seconds);
  const { acknowledged, lost, leftOpen, behind } = tally;
  write(`${seeds} seeds, ${failed.length} failed, in ${seconds.toFixed(1)} s (${rate} a second)`);
  write(`${acknowledged} events acknowledged. Where Redis lost events and no living process had them:`);
  write(`  ${lost} events lost, ${leftOpen} connections left open, ${behind} rows behind their archive`);
  for (const { seed, violations } of failed.slice(0, FAILURES_SHOWN)) {
    write(`seed ${seed}`);
    for (const violation of violations) write(`  ${violation}`);
  }
  if (failed.length > 0) write('run one alone with --seed to print its trace');
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function toWhole(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new RangeError(`${name} takes a whole number above 0, got ${text}`);
}

function toSabotage(name: string): Sabotage {
  const sabotage = SABOTAGES.find((each) => each === name);
  if (sabotage === undefined)
    throw new RangeError(`--sabotage takes one of ${SABOTAGES.join(', ')}, got ${name}`);
  return sabotage;
}
