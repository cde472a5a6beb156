import { readFile, writeFile } from 'node:fs/promises';
import { type Scenario } from '../scenarios/scenario.ts';
import { type Outcome } from './outcome.ts';
import { parseRows, toRow, UNMEASURED, type Measured } from './results-row.ts';

const RESULTS_PAGE = new URL('../../../../docs/fault-results.md', import.meta.url);
const BEGIN = '<!-- results: npm run faults -- --write -->';
const END = '<!-- end of results -->';

const HEAD = [
  '| | fault | what happens | what is lost | events acknowledged | sent again | lost | recovery | runs |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
];

/** Where and when scenarios were run. */
export interface Occasion {
  readonly machine: string;
  /** `2026-01-25`. */
  readonly date: string;
}

/** Writes outcomes into the table of docs/fault-results.md. Earlier results of other scenarios stay. */
export async function writeResults(
  scenarios: readonly Scenario[],
  outcomes: readonly Outcome[],
  occasion: Occasion,
): Promise<void> {
  const page = await readFile(RESULTS_PAGE, 'utf8');
  await writeFile(RESULTS_PAGE, withResults(page, { scenarios, outcomes, occasion }));
}

/** The page with the results between its markers. Throws if it has none. */
export function withResults(
  page: string,
  {
    scenarios,
    outcomes,
    occasion,
  }: { scenarios: readonly Scenario[]; outcomes: readonly Outcome[]; occasion: Occasion },
): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from)
    throw new Error(`docs/fault-results.md must hold "${BEGIN}" and, after it, "${END}".`);
  const known = parseRows(page.slice(from, to));
  const rows = scenarios.map((scenario) => {
    const own = outcomes.filter((outcome) => outcome.scenario.id === scenario.id);
    const measured = own.length > 0 ? measure(own, occasion.date) : (known.get(scenario.id) ?? UNMEASURED);
    return { scenario, measured };
  });
  const lines = [
    BEGIN,
    '',
    summarise(
      rows.map(({ measured }) => measured),
      occasion,
    ),
    '',
    ...HEAD,
    ...rows.map(toRow),
    '',
    '',
  ];
  return page.slice(0, from) + lines.join('\n') + page.slice(to);
}

function measure(outcomes: readonly Outcome[], date: string): Measured {
  const recoveries = outcomes.flatMap(({ recoverySeconds }) => recoverySeconds ?? []);
  const resumptions = outcomes.flatMap(({ readersSeconds }) => readersSeconds ?? []);
  const failed = outcomes.filter(({ ok }) => !ok).length;
  const seeds = outcomes.map(({ seed }) => seed).join(' ');
  return {
    acknowledged: total(outcomes.map((each) => each.acknowledged)),
    resent: total(outcomes.map((each) => each.resent)),
    lost: total(outcomes.map((each) => each.lost)),
    recoverySeconds: longestOf(recoveries),
    readersSeconds: longestOf(resumptions),
    runs: `${failed > 0 ? `**${failed} of ${outcomes.length} failed**, ` : ''}seed ${seeds}, ${date}`,
  };
}

function summarise(all: readonly Measured[], { machine }: Occasion): string {
  const measured = all.filter((each) => each !== UNMEASURED);
  const recoveries = measured.flatMap(({ recoverySeconds }) => recoverySeconds ?? []);
  const longest = longestOf(recoveries);
  const recovery = longest === undefined ? '' : ` The longest recovery took ${longest.toFixed(1)} s.`;
  const sum = (of: (each: Measured) => number): string => total(measured.map(of)).toLocaleString('en-US');
  return (
    `${measured.length} of ${all.length} scenarios: ${sum((each) => each.acknowledged)} events acknowledged, ` +
    `${sum((each) => each.resent)} sent again, ${sum((each) => each.lost)} lost.${recovery} Measured on ${machine}.`
  );
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function longestOf(seconds: readonly number[]): number | undefined {
  return seconds.length === 0 ? undefined : Math.max(...seconds);
}
