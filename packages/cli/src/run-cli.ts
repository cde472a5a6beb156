import { types } from 'node:util';
import { isCommandName, loadCommand, summaries, type CommandName } from './commands/all-commands.ts';
import { CommandError, reasonOf } from './command-error.ts';
import { commandHelp, programHelp } from './help.ts';
import { programOf } from './program.ts';
import { didYouMean } from './suggest.ts';
import { print, type Terminal } from './terminal.ts';

/** Errors whose message is a sentence for the user. By name, as a command loads the classes that it needs. */
const WITH_A_SENTENCE = new Set([
  ...['CommandError', 'CallStoreError', 'LocalStackError', 'TenantError', 'WavFormatError'],
]);

const HELP_WORDS = new Set(['help', '--help', '-h']);

/**
 * Runs the command of the arguments; resolves to the exit code. A failure is a sentence on standard error,
 * and with --json a document on standard output as well.
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    const failure = failureOf(error);
    terminal.err.write(`${failure.message}\n`);
    // Even if the arguments themselves are wrong. In one line, since a command's own document may be lines of
    // JSON.
    if (args.includes('--json')) print(terminal, JSON.stringify({ error: failure }));
    if (terminal.env['TURNLOG_DEBUG'] === '1' && types.isNativeError(error)) {
      terminal.err.write(`${error.stack ?? ''}\n`);
    }
    return 1;
  }
}

/** A failure for programs: a code if the error has one, such as `port_taken`, and the text for the user. */
function failureOf(error: unknown): { readonly code?: string; readonly message: string } {
  const message = reasonOf(error);
  if (!(error instanceof Error) || !WITH_A_SENTENCE.has(error.name))
    return { message: `Something went wrong: ${message}. TURNLOG_DEBUG=1 shows where.` };
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? { code, message } : { message };
}

async function dispatch([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  const isHelp = name === undefined || HELP_WORDS.has(name);
  const wanted = isHelp ? rest[0] : name;
  if (wanted === undefined) {
    print(terminal, programHelp(programOf(terminal.env)));
    return 0;
  }
  const found = find(wanted);
  const command = await loadCommand(found);
  if (!isHelp && !rest.some((argument) => argument === '--help' || argument === '-h')) {
    return command.run(rest, terminal);
  }
  print(terminal, commandHelp(programOf(terminal.env), found, command));
  return 0;
}

function find(name: string): CommandName {
  if (isCommandName(name)) return name;
  const names = Object.keys(summaries);
  const suggestion = didYouMean(name, [...names, 'help', '--help']);
  throw new CommandError(`There is no command "${name}".${suggestion} There are: ${names.join(', ')}, help.`);
}
