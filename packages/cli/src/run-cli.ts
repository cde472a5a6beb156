import { types } from 'node:util';
import { commands } from './commands/all-commands.ts';
import { CommandError } from './command-error.ts';
import { type Command } from './command.ts';
import { describeFailure } from './describe-failure.ts';
import { commandHelp, programHelp } from './help.ts';
import { print, type Terminal } from './terminal.ts';

const HELP_WORDS = new Set(['help', '--help', '-h']);

/** Old names of commands, which work for one more release. */
const RENAMED = new Map([['simulate', 'load']]);

/**
 * Runs the command of the arguments; resolves to the exit code. A failure is a sentence on standard error,
 * and with --json a document on standard output as well.
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    const failure = describeFailure(error);
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

async function dispatch([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined || HELP_WORDS.has(name)) {
    print(terminal, rest[0] === undefined ? programHelp(commands) : commandHelp(find(rest[0], terminal)));
    return 0;
  }
  const command = find(name, terminal);
  if (rest.some((argument) => argument === '--help' || argument === '-h')) {
    print(terminal, commandHelp(command));
    return 0;
  }
  return command.run(rest, terminal);
}

function find(name: string, { err }: Terminal): Command {
  const newName = RENAMED.get(name);
  if (newName !== undefined) {
    err.write(`"turnlog ${name}" is now "turnlog ${newName}". The old name will go with the next release.\n`);
  }
  const command = commands.find((each) => each.name === (newName ?? name));
  if (command !== undefined) return command;
  const names = commands.map((each) => each.name).join(', ');
  throw new CommandError(`There is no command "${name}". There are: ${names}, help.`);
}
