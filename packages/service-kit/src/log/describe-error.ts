import { types } from 'node:util';
import { plainMessage, scrubSentence } from './scrub-text.ts';

/** An error as logs show it: an allow-list, because drivers hang row values and command arguments on theirs. */
interface DescribedError {
  type: string;
  message: string;
  stack?: string;
  cause?: DescribedError;
  errors?: DescribedError[];
  [safeField: string]: unknown;
}

// Names of things, never their content. Of pg's fields `detail`, `where`, `hint`, `internalQuery`, `query` and
// `parameters` are left out on purpose, of ioredis' `command` all but the name.
const SAFE_FIELDS =
  'code errno syscall address port severity schema table column dataType constraint routine'.split(' ');
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const SERVERS_OWN_CLASSES = '08 21 22 23 25 28 3D 3F 40 42 53 54 55 57 58'.split(' ');
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

/** The message without data: values quoted by Postgres, Redis or JSON.parse, phone numbers, URL secrets. */
export function safeErrorMessage(error: Error): string {
  const { code } = error as { code?: unknown };
  const sqlState = typeof code === 'string' && /^[0-9A-Z]{2}[0-9A-Z]{3}$/.test(code) ? code : undefined;
  if (error.name === 'ZodError') return 'the value is not of the shape that was expected';
  if (sqlState !== undefined && !speaksOfItself(sqlState)) return `Postgres error ${sqlState}`;
  const quotesItsInput = error.name === 'SyntaxError' || sqlState?.startsWith('22') === true;
  const withoutValues = quotesItsInput
    ? error.message.replace(/".*"/s, '"[removed]"').replace(/: (?!").*$/s, '')
    : plainMessage(error.message).replace(/, with args beginning with:.*$/s, '');
  return scrubSentence(withoutValues).slice(0, MAX_MESSAGE_CHARACTERS);
}

/**
 * Whether the server wrote the message, so that only quoted parts can be from a row. A function or a trigger may put
 * anything into its own errors (P0001 and any SQLSTATE of its own).
 */
function speaksOfItself(sqlState: string): boolean {
  return SERVERS_OWN_CLASSES.includes(sqlState.slice(0, 2)) || isNodeCode(sqlState);
}

/** `EPIPE` has five letters as well. */
function isNodeCode(code: string): boolean {
  return /^E[A-Z]{4}$/.test(code);
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
  return typeof thrown === 'string'
    ? scrubSentence(thrown).slice(0, MAX_MESSAGE_CHARACTERS)
    : '[not an Error]';
}
