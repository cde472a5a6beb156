import { types } from 'node:util';
import { scrubText } from './scrub-text.ts';

/** An error as logs show it: an allow-list, because drivers hang row values and command arguments on theirs. */
export interface DescribedError {
  type: string;
  message: string;
  stack?: string;
  cause?: DescribedError;
  errors?: DescribedError[];
  [safeField: string]: unknown;
}

// Names of things, never their content. Of pg's fields `detail`, `where`, `hint`, `internalQuery`, `query` and
// `parameters` are left out on purpose, of ioredis' `command` all but the name.
const SAFE_FIELDS = [
  'code',
  'errno',
  'syscall',
  'address',
  'port',
  'severity',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'routine',
];
const MAX_MESSAGE_CHARACTERS = 1000;
const MAX_CAUSES = 5;

/** Describes anything that was thrown. Never throws itself. */
export function describeError(thrown: unknown, depth = 0): DescribedError {
  if (!isError(thrown)) return { type: typeof thrown, message: describeThrownValue(thrown) };
  const message = safeErrorMessage(thrown);
  return {
    type: thrown.name,
    message,
    stack: [`${thrown.name}: ${message}`, ...stackFrames(thrown)].join('\n'),
    ...safeFields(thrown),
    ...commandName(thrown),
    ...causes(thrown, depth),
  };
}

/** Also true for an error of another realm, which `instanceof` denies. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** The message without what people typed: values quoted by Postgres, Redis or JSON.parse, phone numbers, URL secrets. */
export function safeErrorMessage(error: Error): string {
  const withoutValues = quotesItsInput(error)
    ? error.message.replace(/".*"/s, '"[removed]"')
    : error.message.replace(/, with args beginning with:.*$/s, '');
  return scrubText(withoutValues).slice(0, MAX_MESSAGE_CHARACTERS);
}

/** SQLSTATE class 22 (data exception) and JSON.parse repeat the offending value in the message. */
function quotesItsInput(error: Error): boolean {
  if (error.name === 'SyntaxError') return true;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code);
}

function stackFrames(error: Error): string[] {
  return (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
}

function safeFields(error: Error): Record<string, unknown> {
  const fields = new Map(Object.entries(error));
  const present = SAFE_FIELDS.filter((name) => ['string', 'number'].includes(typeof fields.get(name)));
  return Object.fromEntries(present.map((name) => [name, fields.get(name)]));
}

function commandName(error: Error): Record<string, unknown> {
  const { command } = error as { command?: { name?: unknown } };
  return typeof command?.name === 'string' ? { command: command.name } : {};
}

function causes(error: Error, depth: number): Pick<DescribedError, 'cause' | 'errors'> {
  if (depth >= MAX_CAUSES) return {};
  const { errors } = error as { errors?: unknown };
  return {
    ...(error.cause !== undefined && { cause: describeError(error.cause, depth + 1) }),
    ...(Array.isArray(errors) && {
      errors: errors.slice(0, MAX_CAUSES).map((inner) => describeError(inner, depth + 1)),
    }),
  };
}

function describeThrownValue(thrown: unknown): string {
  return typeof thrown === 'string' ? scrubText(thrown).slice(0, MAX_MESSAGE_CHARACTERS) : '[not an Error]';
}
