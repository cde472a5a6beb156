import type { Command } from './command.ts';
import { summaries, type CommandName } from './commands/all-commands.ts';
import type { Flags } from './flags.ts';

/** The help of the whole program. */
export function programHelp(program: string): string {
  return [
    'turnlog keeps the record of phone calls held by voice agents.',
    '',
    `Usage: ${program} <command> [flags]`,
    '',
    ...columns(Object.entries(summaries)),
    '',
    `${program} <command> --help shows the help of one.`,
    'Commands find Redis and Postgres by --redis and --database, by REDIS_URL and DATABASE_URL, or in the local stack',
    'that "npm start" runs. TURNLOG_DEBUG=1 adds a stack trace to an error.',
    '',
    'A command that fails prints the reason on standard error, and ends with exit code 1. With --json it also prints one',
    'document on standard output: {"error":{"code":"port_taken","message":"…"}}, where some errors have no code.',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp(program: string, name: CommandName, { usage, details, flags }: Command): string {
  return [
    `turnlog ${name}: ${summaries[name]}`,
    '',
    `Usage: ${program} ${usage} [flags]`,
    ...(details.length > 0 ? ['', ...details] : []),
    '',
    ...columns([...flagLines(flags), ['--help', 'this text']]),
  ].join('\n');
}

function flagLines(flags: Flags): [string, string][] {
  return Object.entries(flags).map(([name, flag]) => [
    flag.kind === 'switch' ? `--${name}` : `--${name} ${flag.placeholder}`,
    flag.kind === 'list' ? `${flag.help}; may be repeated` : flag.help,
  ]);
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}
