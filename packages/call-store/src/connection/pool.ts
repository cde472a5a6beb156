import pg from 'pg';
import { EXACT_JSON } from './exact-json-types.ts';
import { verifyingUrl } from './tls.ts';

/** Where the record is, and its time-outs. */
export interface DatabaseOptions {
  /**
   * `postgres://user:password@host:port/database`; with `?sslmode=verify-full&sslrootcert=<file>` over TLS. A
   * PgBouncer in between must accept the start-up parameters: `ignore_startup_parameters = statement_timeout,
   * lock_timeout, idle_in_transaction_session_timeout`, and prepared statements: `max_prepared_statements`
   * above 0 (PgBouncer 1.21).
   */
  readonly databaseUrl: string;
  /** 10 by default. */
  readonly maxConnections?: number;
  /** The name in `pg_stat_activity`; `turnlog` by default. */
  readonly applicationName?: string;
  /** How long to wait for a connection, new or from the pool; 5 seconds by default. */
  readonly connectTimeoutMs?: number;
  /**
   * The server cancels a statement after this time; 15 seconds by default, 0 for never. The driver gives up
   * after a third more, for a server that does not answer.
   */
  readonly statementTimeoutMs?: number;
  /** How long a statement waits for a row that another transaction holds; by default as long as it may run. */
  readonly lockTimeoutMs?: number;
  readonly logger?: { warn(fields: object, message: string): void };
  /** Called when a connection broke: the next one may reach another server. */
  readonly onConnectionLost?: () => void;
}

/** The default time-out of a statement. */
export const STATEMENT_TIMEOUT_MS = 15_000;

const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
const MAX_LIFETIME_SECONDS = 30 * 60;
const QUERY_TIMEOUT_FACTOR = 4 / 3;

/** Opens connections as needed. The caller ends the pool. */
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
  // Without these listeners, a connection that breaks while it is idle, or between two statements of a
  // transaction, ends the process. The pool repeats the client's events.
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      logger?.warn({ event: 'database_connection_lost', err: error }, 'database connection lost');
      onConnectionLost?.();
    });
  });
  pool.on('error', () => undefined);
  return pool;
}

/** The time after which the driver gives up a statement. */
export function clientTimeoutMs(statementTimeoutMs: number): number {
  return Math.ceil(statementTimeoutMs * QUERY_TIMEOUT_FACTOR);
}
