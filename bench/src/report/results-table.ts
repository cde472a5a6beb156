import { readFile, writeFile } from 'node:fs/promises';
import { formatGoal, formatRatio, formatSample } from './format.ts';
import { formatMachine, type Machine } from './machine.ts';
import { type Summary } from './summary.ts';

const README = new URL('../../README.md', import.meta.url);
const BEGIN = '<!-- results: npm run bench -- --write -->';
const END = '<!-- end of results -->';

const HEAD = [
  '| benchmark | ours | yardstick | ratio (min–max) | goal | | rounds, load, date |',
  '| --- | --- | --- | --- | --- | --- | --- |',
];

/** Where and when figures were measured. */
export interface Occasion {
  readonly machine: Machine;
  readonly date: string;
  readonly load: number;
}

/** Writes the results into the table of README.md. Rows of benchmarks that were not run stay. */
export async function writeResults(summaries: readonly Summary[], occasion: Occasion): Promise<void> {
  const readme = await readFile(README, 'utf8');
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`bench/README.md must hold "${BEGIN}" and, after it, "${END}".`);
  const rows = rowsOf(readme.slice(from, to));
  for (const summary of summaries) rows.set(summary.name, toRow(summary, occasion));
  const results = [BEGIN, '', `${formatMachine(occasion.machine)}.`, '', ...HEAD, ...rows.values(), '', ''];
  await writeFile(README, readme.slice(0, from) + results.join('\n') + readme.slice(to));
}

function rowsOf(section: string): Map<string, string> {
  const rows = section.matchAll(/^\| `([\w-]+)` .*$/gm);
  return new Map([...rows].map(([row, name = '']) => [name, row]));
}

function toRow(summary: Summary, { date, load }: Occasion): string {
  const { name, unit, ours, yardstick, verdict, rounds } = summary;
  const cells = [
    `\`${name}\``,
    formatSample(ours, unit),
    formatSample(yardstick, unit),
    formatRatio(summary),
    formatGoal(summary),
    verdict,
    `${rounds}, ${load.toFixed(1)}, ${date}`,
  ];
  return `| ${cells.join(' | ')} |`;
}
