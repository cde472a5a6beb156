import { randomInt } from 'node:crypto';
import { readOptions, USAGE } from './options.ts';
import { formatFailure, formatOutcome } from './report/format.ts';
import { writeResults } from './report/results-page.ts';
import { describeMachine } from './report/machine.ts';
import { type Outcome } from './report/outcome.ts';
import { runScenario } from './run-scenario.ts';
import { allScenarios, chooseScenarios } from './scenarios/all-scenarios.ts';
import { type Scenario } from './scenarios/scenario.ts';

const MAX_SEED = 1_000_000;

const { options, scenarios } = orUsage(() => {
  const options = readOptions(process.argv.slice(2));
  const chosen = chooseScenarios(options.names);
  const isAsked = (isQuick: boolean): boolean => !options.quick || isQuick || options.names.length > 0;
  return { options, scenarios: chosen.filter(({ quick }) => isAsked(quick)) };
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (options.list) {
  for (const { id, name, title, quick } of scenarios) {
    console.log(`${id.padEnd(4)} ${name.padEnd(24)} ${quick ? 'quick ' : '      '} ${title}`);
  }
} else {
  const outcomes = await runAll();
  const failed = outcomes.filter(({ ok }) => !ok);
  if (options.write)
    await writeResults(allScenarios, outcomes, { machine: describeMachine(), date: today() });
  const counts = `${outcomes.length - failed.length} passed, ${failed.length} failed`;
  console.log(options.json ? JSON.stringify(outcomes, undefined, 2) : `\n${counts}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/** Several at a time, and then, one after the other, the scenarios that must be alone. */
async function runAll(): Promise<Outcome[]> {
  const all = scenarios.flatMap((scenario) => Array.from({ length: options.repeat }, () => scenario));
  const together = all.filter(({ alone = false }) => !alone);
  const alone = all.filter(({ alone = false }) => alone);
  return [...(await runEach(together, options.atOnce)), ...(await runEach(alone, 1))];
}

/** Progress goes to standard error, so that standard output has the results alone. */
async function runEach(chosen: readonly Scenario[], atOnce: number): Promise<Outcome[]> {
  const left = [...chosen];
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let scenario = left.shift(); scenario !== undefined; scenario = left.shift()) {
      const seed = options.seed ?? randomInt(MAX_SEED);
      const outcome = await runScenario(scenario, { seed, size: options.size, keep: options.keep });
      console.error(formatOutcome(outcome));
      if (!outcome.ok) console.error(formatFailure(outcome));
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(1);
  }
}
