import { type PostgresPool, type PostgresPoolClient } from 'kysely';
import { type Pool, type PoolClient } from 'pg';
import { classifyDatabaseError } from './database-error.ts';
import { clientTimeoutMs } from './pool.ts';

/** Named statements, which each connection parses and plans once. Maps the statement's text to its name. */
export type NamedStatements = ReadonlyMap<string, string>;

/**
 * A statement that sets a transaction's time-out. The driver's time-out follows it, or it would end first.
 */
const SET_TIMEOUT = /^set local statement_timeout = (\d+)$/;

/**
 * A pool for kysely, which releases a connection without reporting its errors. A connection whose query timed
 * out may be half open: it is closed here, otherwise it would fail one query after another.
 */
export function kyselyPool(pool: Pool, named: NamedStatements = new Map()): PostgresPool {
  return {
    connect: async () => watchClient(await pool.connect(), named),
    end: () => pool.end(),
  };
}

function watchClient(client: PoolClient, named: NamedStatements): PostgresPoolClient {
  let isBroken = false;
  let timeout = {};
  const query = async (sql: string, parameters: readonly unknown[]) => {
    const ownTimeout = SET_TIMEOUT.exec(sql)?.[1];
    if (ownTimeout !== undefined) timeout = { query_timeout: clientTimeoutMs(Number(ownTimeout)) };
    try {
      const name = named.get(sql);
      const values = [...parameters];
      return await client.query({ text: sql, values, ...(name !== undefined && { name }), ...timeout });
    } catch (error) {
      isBroken ||= ['unavailable', 'timeout'].includes(classifyDatabaseError(error));
      throw error;
    }
  };
  return {
    // The type has a second overload, for cursors, which is not used here.
    query: query as unknown as PostgresPoolClient['query'],
    release: () => client.release(isBroken),
  };
}
