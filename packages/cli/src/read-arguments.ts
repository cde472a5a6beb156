import type { EnvValue } from '@turnlog/service-kit/config';
import { parseArgs, types } from 'node:util';
import { CommandError } from './command-error.ts';
import type { Flags, FlagValues } from './flags.ts';
import { didYouMean } from './suggest.ts';

/** The arguments of a command. */
export interface Arguments<F extends Flags> {
  readonly values: FlagValues<F>;
  readonly positionals: readonly string[];
}

/** Parses a command's arguments. Throws a `CommandError` for an unknown flag or an invalid value. */
export function readArguments<F extends Flags>(args: readonly string[], flags: F): Arguments<F> {
  const { values, positionals } = split(args, flags);
  const read = Object.entries(flags).map(([name, flag]) => [name, readFlag(name, flag, values[name])]);
  return { values: Object.fromEntries(read) as FlagValues<F>, positionals };
}

function split(args: readonly string[], flags: Flags) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { kind }]) => [
      name,
      { type: kind === 'switch' ? ('boolean' as const) : ('string' as const), multiple: kind === 'list' },
    ]),
  );
  const withBareValues = args.map((arg, index) => withBareValue(arg, args[index + 1], flags));
  try {
    return parseArgs({ args: withBareValues, options, allowPositionals: true, strict: true });
  } catch (error) {
    if (!isAboutArguments(error)) throw error;
    const [, unknown] = /^Unknown option '--([^']+)'/.exec(error.message) ?? [];
    const suggestion = unknown === undefined ? '' : didYouMean(unknown, Object.keys(flags), '--');
    throw new CommandError(`${sentenceOf(error)}${suggestion} --help lists the flags.`);
  }
}

/** `--drop` at the end or before another flag, as `--drop=no-stop`. */
function withBareValue(arg: string, next: string | undefined, flags: Flags): string {
  const flag = arg.startsWith('--') ? flags[arg.slice(2)] : undefined;
  const isBare =
    flag?.kind === 'value' && flag.bare !== undefined && (next === undefined || next.startsWith('-'));
  return isBare ? `${arg}=${flag.bare}` : arg;
}

function isAboutArguments(error: unknown): error is Error {
  if (!types.isNativeError(error) || !('code' in error)) return false;
  return String(error.code).startsWith('ERR_PARSE_ARGS_');
}

/** Node's own message, without its advice on how to pass a value that begins with a dash. */
function sentenceOf({ message }: Error): string {
  const [first = message] = message.split(/\. |\n/);
  return `${first.replace(/\.$/, '')}.`;
}

function readFlag(name: string, flag: Flags[string], value: unknown): unknown {
  if (flag.kind === 'switch') return value === true;
  if (Array.isArray(value)) return value.map((each) => readValue(name, flag.schema, each));
  if (value === undefined) return flag.kind === 'list' ? [] : undefined;
  return readValue(name, flag.schema, value);
}

function readValue<T>(name: string, schema: EnvValue<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CommandError(`--${name}: ${parsed.error.issues[0]?.message ?? 'that is not a value for it'}.`);
}
