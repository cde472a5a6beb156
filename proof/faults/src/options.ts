import { parseArgs } from 'node:util';
import { type RunSize } from './scenarios/scenario.ts';

export const USAGE = `npm run faults -- [F1 F18 …] [options]

  --quick        the short selection, with a small load
  --seed 42      repeats a run; by default each run draws one and prints it
  --at-once 1    scenarios at a time, each in a world of its own; 2 by default, 3 for --quick
  --repeat 3     runs of every scenario, each with a seed of its own
  --calls 100 --events 40 --window 12
                 calls, events of each, and the seconds in which they happen
  --minutes 10   how long Postgres is slow in F33, and F36 lasts; for F36 --calls is the number at once
  --list         lists the scenarios
  --json         prints the results as JSON
  --write        writes the results into docs/fault-results.md
  --keep         keeps the folder of every run`;

/** The options of the command line. */
export interface Options {
  readonly names: readonly string[];
  readonly seed: number | undefined;
  readonly repeat: number;
  /** How many scenarios run at a time. */
  readonly atOnce: number;
  readonly size: RunSize;
  readonly quick: boolean;
  readonly list: boolean;
  readonly json: boolean;
  readonly write: boolean;
  readonly keep: boolean;
}

const WHOLE = { calls: 100, eventsPerCall: 40, windowMs: 12_000, intensity: 1 };
const QUICK = { calls: 20, eventsPerCall: 15, windowMs: 5_000, intensity: 0.3 };

/** Parses the command line. Throws on an unknown option. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      seed: { type: 'string' },
      repeat: { type: 'string', default: '1' },
      'at-once': { type: 'string' },
      calls: { type: 'string' },
      minutes: { type: 'string' },
      events: { type: 'string' },
      window: { type: 'string' },
    },
  });
  const { quick, list, json, write, keep } = values;
  const base = quick ? QUICK : WHOLE;
  if (write && quick) throw new Error('--write records whole runs only: omit --quick.');
  return {
    names: positionals,
    seed: values.seed === undefined ? undefined : wholeNumber('seed', values.seed),
    repeat: wholeNumber('repeat', values.repeat),
    atOnce: Math.max(1, wholeNumber('at-once', values['at-once'] ?? (quick ? '3' : '2'))),
    size: {
      calls: wholeNumber('calls', values.calls ?? String(base.calls)),
      eventsPerCall: wholeNumber('events', values.events ?? String(base.eventsPerCall)),
      windowMs: 1_000 * wholeNumber('window', values.window ?? String(base.windowMs / 1_000)),
      intensity: base.intensity,
      callsAtOnce: values.calls === undefined ? undefined : wholeNumber('calls', values.calls),
      minutes: values.minutes === undefined ? undefined : wholeNumber('minutes', values.minutes),
    },
    quick,
    list,
    json,
    write,
    keep,
  };
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`--${name} takes a whole number, not ${JSON.stringify(text)}.`);
}
