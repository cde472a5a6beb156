import { randomInt } from 'node:crypto';
import { readOptions, USAGE } from './options.ts';
import { formatFailure, formatOutcome } from './report/format.ts';
import { type Outcome } from './report/outcome.ts';
import { runScenario } from './run-scenario.ts';
import { chooseScenarios } from './scenarios/all-scenarios.ts';

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
  if (options.json) console.log(JSON.stringify(outcomes, undefined, 2));
  console.log(`\n${outcomes.length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/** Progress goes to standard error, so that `--json` has standard output for itself. */
async function runAll(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    for (let round = 0; round < options.repeat; round += 1) {
      const seed = options.seed ?? randomInt(MAX_SEED);
      const outcome = await runScenario(scenario, { seed, size: options.size, keep: options.keep });
      console.error(formatOutcome(outcome));
      if (!outcome.ok) console.error(formatFailure(outcome));
      outcomes.push(outcome);
    }
  }
  return outcomes;
}

function orUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(1);
  }
}
