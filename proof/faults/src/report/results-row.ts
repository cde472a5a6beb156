import { type Scenario } from '../scenarios/scenario.ts';

/** The result of a scenario's runs. */
export interface Measured {
  readonly acknowledged: number;
  readonly resent: number;
  readonly lost: number;
  /** The longest. */
  readonly recoverySeconds: number | undefined;
  /** The longest of readers alone. */
  readonly readersSeconds: number | undefined;
  /** Their seeds and the day; and whether any failed. */
  readonly runs: string;
}

/** The text for a scenario that was never run for the page. */
export const UNMEASURED: Measured = {
  acknowledged: 0,
  resent: 0,
  lost: 0,
  recoverySeconds: undefined,
  readersSeconds: undefined,
  runs: 'not measured yet',
};

const CELLS_OF_TEXT = 4;

/** A row of the table: the scenario's texts, and its measurements. */
export function toRow({ scenario, measured }: { scenario: Scenario; measured: Measured }): string {
  const { id, name, title, answer, loss } = scenario;
  const texts = [`${id} ${name}`, title, answer, loss].map((text) => text.replaceAll('|', '\\|'));
  return `| ${[...texts, ...toCells(measured)].join(' | ')} |`;
}

/** The rows of a table, by their ids. */
export function parseRows(table: string): Map<string, Measured> {
  const rows = [...table.matchAll(/^\| (F\w+) .*$/gm)];
  return new Map(rows.map(([row, id = '']) => [id, fromCells(row.split(/(?<!\\)\|/).slice(1, -1))]));
}

function toCells(measured: Measured): string[] {
  const { acknowledged, resent, lost, runs } = measured;
  if (measured === UNMEASURED) return ['', '', '', '', runs];
  const counts = [acknowledged, resent, lost].map((count) => count.toLocaleString('en-US'));
  return [...counts, toRecovery(measured), runs];
}

/** `11.6 s, readers 1.2 s`. */
function toRecovery({ recoverySeconds, readersSeconds }: Measured): string {
  const whole = recoverySeconds === undefined ? [] : [`${recoverySeconds.toFixed(1)} s`];
  const reading = readersSeconds === undefined ? [] : [`readers ${readersSeconds.toFixed(1)} s`];
  return [...whole, ...reading].join(', ');
}

function fromCells(cells: readonly string[]): Measured {
  const [acknowledged = '', resent = '', lost = '', recovery = '', runs = ''] = cells
    .slice(CELLS_OF_TEXT)
    .map((cell) => cell.trim());
  if (runs === UNMEASURED.runs) return UNMEASURED;
  const count = (text: string): number => Number(text.replaceAll(',', ''));
  return {
    acknowledged: count(acknowledged),
    resent: count(resent),
    lost: count(lost),
    recoverySeconds: secondsIn(/^([\d.]+) s/, recovery),
    readersSeconds: secondsIn(/readers ([\d.]+) s/, recovery),
    runs,
  };
}

function secondsIn(pattern: RegExp, text: string): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
