import { type PostgresPool, type PostgresPoolClient } from 'kysely';
import { type Pool, type PoolClient } from 'pg';
import { classifyDatabaseError } from './database-error.ts';
import { clientTimeoutMs } from './pool.ts';

/** Statements that are worth a name: each connection has them parsed and planned once. The name, by the statement's text. */
export type NamedStatements = ReadonlyMap<string, string>;

/** A statement that gives a transaction a time-out of its own. The driver's follows it, as it would else give up first. */
const SET_TIMEOUT = /^set local statement_timeout = (\d+)$/;

/**
 * A pool for kysely, which gives a connection back without a word of what happened on it. One whose query timed out
 * may be half open: it is closed here, or it would go round and fail one query after another.
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
    // The type has a second shape, for cursors, which nobody uses here.
    query: query as unknown as PostgresPoolClient['query'],
    release: () => client.release(isBroken),
  };
}
