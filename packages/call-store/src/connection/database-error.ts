import { types } from 'node:util';
import { isCertificateProblem } from './tls.ts';

/**
 * What to do about an error of the database.
 * - `retry`: at once, a few times, with jitter: a deadlock, or a conflict of transactions.
 * - `timeout`: the statement took too long. Send less at a time; the server is available.
 * - `locked`: another transaction holds a row for longer than `lock_timeout`. Try this row again later.
 * - `unavailable`: pause and try again later; the data is fine.
 * - `misconfigured`: pause and alert an operator; the data is fine.
 * - `row`: Postgres refuses this row for its content; no retry will help.
 * - `unknown`: pause as for `unavailable`, and alert an operator if it stays.
 */
export type DatabaseErrorKind =
  'retry' | 'timeout' | 'locked' | 'unavailable' | 'misconfigured' | 'row' | 'unknown';

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const KIND_BY_SQLSTATE: Readonly<Record<string, DatabaseErrorKind>> = {
  '40001': 'retry', // serialization_failure
  '40P01': 'retry', // deadlock_detected
  '55P03': 'locked', // lock_not_available
  '57014': 'timeout', // query_canceled: statement_timeout, or by an administrator
  '25006': 'unavailable', // read_only_sql_transaction: a primary that became a replica
  '25P03': 'unavailable', // idle_in_transaction_session_timeout
  '3D000': 'misconfigured', // invalid_catalog_name: no such database
  '3F000': 'misconfigured', // invalid_schema_name
  '21000': 'row', // cardinality_violation
};

const KIND_BY_CLASS: Readonly<Record<string, DatabaseErrorKind>> = {
  '08': 'unavailable', // connection exception
  '53': 'unavailable', // insufficient resources: disk full, too many connections
  '57': 'unavailable', // operator intervention: shutdown, starting up
  '58': 'unavailable', // system error
  '28': 'misconfigured', // invalid authorization
  '42': 'misconfigured', // missing table, column or privilege: a deploy ahead of its migration
  '22': 'row', // data exception
  '23': 'row', // integrity constraint violation
  '54': 'row', // program limit exceeded: too large, too deep
};

const UNAVAILABLE_NODE_CODES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN'],
  ...['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EMFILE', 'ERR_STREAM_DESTROYED'],
  'ENOENT', // the unix socket of a server that is down
  ...['EAI_AGAIN', 'ENOTFOUND'], // name servers drop a host while it fails over
];

/**
 * pg 8 throws these as plain errors without a code, so only the message identifies them. This is the only
 * place that matches messages.
 */
const KIND_BY_MESSAGE: readonly (readonly [RegExp, DatabaseErrorKind])[] = [
  [/^Connection terminated/, 'unavailable'],
  [/^timeout exceeded when trying to connect$/, 'unavailable'],
  [/^timeout expired$/, 'unavailable'],
  [/^Query read timeout$/, 'timeout'],
  [/ is not queryable$/, 'unavailable'],
  [/^The server does not support SSL connections$/, 'misconfigured'],
  [/^There was an error establishing an SSL connection$/, 'misconfigured'],
  [/^SASL: /, 'misconfigured'],
];

/** Classifies an error of the database by its SQLSTATE or the driver's error. Never throws. */
export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  if (!types.isNativeError(error)) return 'unknown';
  return byCode(codeOf(error)) ?? byMessage(error) ?? classifyInner(error);
}

/**
 * Classes whose messages are the server's own. With any other SQLSTATE the message may come from a trigger.
 */
const SERVERS_OWN_CLASSES = [...Object.keys(KIND_BY_CLASS), '21', '25', '3D', '3F', '40', '55'];

/**
 * The part of a database error that may be logged or kept as the reason of a dead letter. Postgres repeats
 * values of the row in an error's detail and context and, for a data exception, in the quotes of the message.
 */
export function describeDatabaseError(error: unknown): string {
  if (!types.isNativeError(error)) return 'not an error';
  if (error.message === '') return [...new Set(innerErrors(error).map(describeDatabaseError))].join('; ');
  const code = codeOf(error);
  if (code !== undefined && isSqlState(code) && !SERVERS_OWN_CLASSES.includes(code.slice(0, 2))) {
    return `Postgres error ${code}`;
  }
  const message = code?.startsWith('22') === true ? withoutValues(error.message) : error.message;
  const told = code === undefined || message.includes(code) ? message : `${message} (${code})`;
  return isCertificateProblem(code)
    ? `${told}: the certificate of Postgres is not trusted; DATABASE_CA_FILE names the CA that signed it`
    : told;
}

/** A data exception quotes the value, or appends it after a colon. */
function withoutValues(message: string): string {
  return message.replace(/".*"/s, '"…"').replace(/: (?!").*$/s, '');
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !UNAVAILABLE_NODE_CODES.includes(code);
}

function byCode(code: string | undefined): DatabaseErrorKind | undefined {
  if (code === undefined) return undefined;
  if (UNAVAILABLE_NODE_CODES.includes(code)) return 'unavailable';
  if (isCertificateProblem(code)) return 'misconfigured';
  return KIND_BY_SQLSTATE[code] ?? KIND_BY_CLASS[code.slice(0, 2)];
}

function byMessage({ message }: Error): DatabaseErrorKind | undefined {
  return KIND_BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1];
}

function classifyInner(error: Error): DatabaseErrorKind {
  const kinds = innerErrors(error).map(classifyDatabaseError);
  return kinds.find((kind) => kind !== 'unknown') ?? 'unknown';
}

/** The cause of an error, or the errors of all addresses of a host. */
function innerErrors(error: Error): unknown[] {
  if ('errors' in error && Array.isArray(error.errors)) return error.errors;
  return error.cause === undefined ? [] : [error.cause];
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
