import { parseArgs } from 'node:util';

/** The options of the command line. */
export interface Options {
  /** Prefixes of names; none means all benchmarks. */
  readonly names: readonly string[];
  /** Instead of each benchmark's own number. */
  readonly rounds: number | undefined;
  /** Below 1, everything is smaller: a trial whose figures mean little. */
  readonly scale: number;
  readonly write: boolean;
  readonly json: boolean;
  readonly strict: boolean;
  /** A folder for the CPU profiles of all processes under test. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench -- [names…] [--rounds n] [--scale share] [--write] [--json] [--strict] [--profile dir]

  names      names or prefixes of benchmarks; all by default
  --rounds   rounds of each, instead of its own number
  --scale    0.1: a trial with a tenth of the calls, frames and turns
  --write    update the results in bench/README.md
  --json     print one JSON document and nothing else on standard output
  --strict   exit with 1 when a target is missed
  --profile  leave CPU profiles of all processes under test in this folder`;

/** Throws an error with a sentence for the person at the terminal. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      scale: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const scale = Number(values.scale);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1))
    throw new Error('--rounds needs a whole number of 1 or more.');
  if (!(scale > 0 && scale <= 1)) throw new Error('--scale needs a number above 0 and up to 1.');
  if (values.write && scale < 1) throw new Error('--write records full sizes only: omit --scale.');
  return { ...values, names: positionals, rounds, scale, profile: values.profile };
}
