import { tenantName } from '@turnlog/call-events';
import { envValue, type EnvValue } from '@turnlog/service-kit';
import { parseArgs, types } from 'node:util';
import { CommandError } from './command-error.ts';

/** A flag that takes a value, `--last <n>`. */
export interface ValueFlag<T> {
  readonly kind: 'value';
  readonly schema: EnvValue<T>;
  readonly placeholder: string;
  readonly help: string;
  /** The value of the flag without one. */
  readonly bare?: string;
}

/** A flag that takes a value and may be repeated, `--spool <folder> --spool <folder>`. */
export interface ListFlag<T> {
  readonly kind: 'list';
  readonly schema: EnvValue<T>;
  readonly placeholder: string;
  readonly help: string;
}

/** A flag without a value. */
export interface SwitchFlag {
  readonly kind: 'switch';
  readonly help: string;
}

/** The flags of a command, by their names without the dashes. */
export type Flags = Readonly<Record<string, ValueFlag<unknown> | ListFlag<unknown> | SwitchFlag>>;

/** The values of flags: a value or undefined, values in their order, and true or false for a switch. */
export type FlagValues<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends ValueFlag<infer T>
    ? T | undefined
    : F[K] extends ListFlag<infer T>
      ? readonly T[]
      : boolean;
};

/** A flag whose value has this schema. */
export function valueFlag<T>(
  schema: EnvValue<T>,
  placeholder: string,
  help: string,
  { bare }: { readonly bare?: string } = {},
): ValueFlag<T> {
  return { kind: 'value', schema, placeholder, help, ...(bare !== undefined && { bare }) };
}

/** A flag that may be repeated; each value has this schema. */
export function listFlag<T>(schema: EnvValue<T>, placeholder: string, help: string): ListFlag<T> {
  return { kind: 'list', schema, placeholder, help };
}

/** A flag without a value. */
export function switchFlag(help: string): SwitchFlag {
  return { kind: 'switch', help };
}

/** Any text but an empty one. */
export const text: EnvValue<string> = envValue('some text', (value) =>
  value === '' ? { problem: 'got nothing' } : { value },
);

/** Parses a command's arguments. Throws a `CommandError` for an unknown flag or an invalid value. */
export function readArguments<F extends Flags>(
  args: readonly string[],
  flags: F,
): { readonly values: FlagValues<F>; readonly positionals: readonly string[] } {
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
  try {
    return parseArgs({
      args: args.map((arg, index) => withBareValue(arg, args[index + 1], flags)),
      options,
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    if (!isAboutArguments(error)) throw error;
    throw new CommandError(`${sentenceOf(error)} --help lists the flags.`);
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
  if (flag.kind === 'list') {
    return (Array.isArray(value) ? value : []).map((each) => readValue(name, flag.schema, each));
  }
  return value === undefined ? undefined : readValue(name, flag.schema, value);
}

function readValue<T>(name: string, schema: EnvValue<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CommandError(`--${name}: ${parsed.error.issues[0]?.message ?? 'that is not a value for it'}.`);
}

/** Every command with output has it. */
export const jsonFlag = {
  json: switchFlag('print one JSON document and nothing else; a failure is {"error":{"code","message"}}'),
};

/** The name of one tenant. */
export const tenant = envValue('the name of a tenant', (name) =>
  tenantName.safeParse(name).success ? { value: name } : { problem: `got ${JSON.stringify(name)}` },
);

/** Names one tenant. */
export const tenantFlag = { tenant: valueFlag(tenant, '<name>', 'calls of this tenant') };

/** The default tenant of a gateway. */
export const DEFAULT_TENANT = 'default';
