import { CommandError, UsageError } from './command-error.ts';
import { switchFlag, type Flags, type SwitchFlag } from './flags.ts';
import { readArguments, type Arguments } from './read-arguments.ts';
import { visibleJson } from './format/visible-text.ts';
import type { Terminal } from './terminal.ts';

/** The result of a command: the document is printed with `--json`, the text without. */
export interface Answer {
  readonly document: unknown;
  readonly text: string;
  /** 1 if a check failed; 0 by default. */
  readonly exitCode?: number;
  /** Standard output has the content of a file: the answer goes to standard error. */
  readonly isOutputUsed?: boolean;
}

/** The definition of a command. Each has `--json`. */
interface CommandDefinition<F extends Flags> {
  /** Its name and parameters, such as `show <callSid>`. */
  readonly usage: string;
  /** The allowed numbers of positional arguments; none by default. */
  readonly count?: readonly [min: number, max: number];
  /** More details for `--help`. */
  readonly details?: readonly string[];
  readonly flags: F;
  /** Does it; resolves to the answer, or to nothing if it printed while it ran. */
  run(input: Arguments<F & { readonly json: SwitchFlag }>, terminal: Terminal): Promise<Answer | undefined>;
}

/** A command as the program runs it. */
export interface Command {
  readonly usage: string;
  readonly details: readonly string[];
  readonly flags: Flags;
  /** Checks the arguments, runs the command and prints its answer. Resolves to the exit code. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

const jsonFlag = switchFlag(
  'print one JSON document and nothing else; a failure is {"error":{"code","message"}}',
);

/** Makes a command of its definition. */
export function defineCommand<F extends Flags>(definition: CommandDefinition<F>): Command {
  const { usage, count = [0, 0], details = [] } = definition;
  const flags = { ...definition.flags, json: definition.flags['json'] ?? jsonFlag };
  return {
    usage,
    details,
    flags,
    run: async (args, terminal) => {
      try {
        const input = readArguments(args, flags);
        checkCount(input.positionals, count, usage);
        const answer = await definition.run(input, terminal);
        if (answer === undefined) return 0;
        const shown = input.values.json ? visibleJson(answer.document) : answer.text;
        (answer.isOutputUsed === true ? terminal.err : terminal.out).write(`${shown}\n`);
        return answer.exitCode ?? 0;
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new CommandError(`${error.message} Usage: turnlog ${usage}`, { cause: error });
      }
    },
  };
}

function checkCount(
  positionals: readonly string[],
  [min, max]: readonly [min: number, max: number],
  usage: string,
): void {
  const [, parameter] = /^\S+( <\w+>)/.exec(usage) ?? [];
  if (positionals.length < min) throw new UsageError(`Missing argument${parameter ?? ''}.`);
  const extra = positionals[max];
  if (extra !== undefined) throw new UsageError(`Unexpected argument "${extra}".`);
}
