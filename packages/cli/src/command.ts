import { CommandError } from './command-error.ts';
import { readArguments, type Flags, type FlagValues } from './flags.ts';
import { type Terminal } from './terminal.ts';

/** The arguments of a command. */
export interface CommandInput<F extends Flags> {
  readonly values: FlagValues<F>;
  readonly positionals: readonly string[];
}

/** The definition of a command. */
export interface CommandDefinition<F extends Flags> {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** The parameters after the name, such as `<callSid>`; empty for none. */
  readonly parameters: string;
  /** The allowed number of positional arguments. */
  readonly count: { readonly min: number; readonly max: number };
  /** More details for `--help`. */
  readonly details?: readonly string[];
  readonly flags: F;
  /** Resolves to the exit code: 0, or 1 if a check failed. */
  run(input: CommandInput<F>, terminal: Terminal): Promise<number>;
}

/** A command as the program runs it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly parameters: string;
  readonly details: readonly string[];
  readonly flags: Flags;
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** Makes a command that checks its arguments before it runs. */
export function defineCommand<F extends Flags>(definition: CommandDefinition<F>): Command {
  const { name, summary, parameters, count, details = [], flags } = definition;
  return {
    name,
    summary,
    parameters,
    details,
    flags,
    run: async (args, terminal) => {
      const input = readArguments(args, flags);
      checkCount(input.positionals, count, name, parameters);
      return definition.run(input, terminal);
    },
  };
}

function checkCount(
  positionals: readonly string[],
  { min, max }: { readonly min: number; readonly max: number },
  name: string,
  parameters: string,
): void {
  const usage = `Usage: turnlog ${name} ${parameters}`.trimEnd();
  const missing = /^<\w+>/.exec(parameters) ?? [];
  if (positionals.length < min)
    throw new CommandError(`${['Missing argument', ...missing].join(' ')}. ${usage}`);
  const extra = positionals[max];
  if (extra !== undefined) throw new CommandError(`Unexpected argument "${extra}". ${usage}`);
}
