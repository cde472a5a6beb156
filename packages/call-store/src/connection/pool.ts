import pg from 'pg';
import { EXACT_JSON } from './exact-json-types.ts';
import { verifyingUrl } from './tls.ts';

/** Where the record is, and how long to wait for it. */
export interface DatabaseOptions {
  /**
   * `postgres://user:password@host:port/database`; with `?sslmode=verify-full&sslrootcert=<file>` over TLS. A PgBouncer in between has to put up with two start-up parameters:
   * `ignore_startup_parameters = statement_timeout, lock_timeout, idle_in_transaction_session_timeout`, and with a prepared statement:
   * `max_prepared_statements` above 0 (PgBouncer 1.21).
   */
  readonly databaseUrl: string;
  /** 10 by default. */
  readonly maxConnections?: number;
  /** The name that Postgres shows in `pg_stat_activity`; `turnlog` by default. */
  readonly applicationName?: string;
  /** How long to wait for a connection, new or out of the pool; 5 seconds by default. */
  readonly connectTimeoutMs?: number;
  /**
   * After which the server gives a statement up; 15 seconds by default, 0 for never. After a third more the client does,
   * for a server that answers no more.
   */
  readonly statementTimeoutMs?: number;
  /** How long a statement waits for a row that another transaction holds; by default as long as it may run. */
  readonly lockTimeoutMs?: number;
  readonly logger?: StoreLogger;
  /** Told of a connection that broke: what comes next may be another server. */
  readonly onConnectionLost?: () => void;
}

/** As much of a pino logger as the store needs. */
export interface StoreLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** How the pool stands: open connections, those of them without work, and queries that wait for one. */
export interface PoolStats {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The time-out of a statement where none is asked for. */
export const STATEMENT_TIMEOUT_MS = 15_000;

const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const MAX_LIFETIME_SECONDS = 30 * 60;
const QUERY_TIMEOUT_FACTOR = 4 / 3;

/** Opens connections as they are needed. The caller ends the pool. */
export function createPool({
  databaseUrl,
  maxConnections = 10,
  applicationName = 'turnlog',
  connectTimeoutMs = 5_000,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
  lockTimeoutMs,
  logger,
  onConnectionLost,
}: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: verifyingUrl(databaseUrl),
    max: maxConnections,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    ...(statementTimeoutMs > 0 && {
      statement_timeout: statementTimeoutMs,
      query_timeout: clientTimeoutMs(statementTimeoutMs),
    }),
    ...(lockTimeoutMs !== undefined && { lock_timeout: lockTimeoutMs }),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    keepAlive: true,
    types: EXACT_JSON,
  });
  // Without these listeners, a connection that breaks while it is idle ends the process, and so does one that breaks
  // between two statements of a transaction. The pool repeats what the client has said.
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      logger?.warn({ err: error }, 'database connection lost');
      onConnectionLost?.();
    });
  });
  pool.on('error', () => undefined);
  return pool;
}

/** After which the driver gives up a statement of which the server says nothing. */
export function clientTimeoutMs(statementTimeoutMs: number): number {
  return Math.ceil(statementTimeoutMs * QUERY_TIMEOUT_FACTOR);
}
