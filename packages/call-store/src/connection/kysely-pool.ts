import { type PostgresPool, type PostgresPoolClient } from 'kysely';
import { type Pool, type PoolClient } from 'pg';
import { classifyDatabaseError } from './database-error.ts';

/** Statements that are worth a name: each connection has them parsed and planned once. The name, by the statement's text. */
export type NamedStatements = ReadonlyMap<string, string>;

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
  const query = async (sql: string, parameters: readonly unknown[]) => {
    try {
      const name = named.get(sql);
      return await client.query({ text: sql, values: [...parameters], ...(name !== undefined && { name }) });
    } catch (error) {
      isBroken ||= classifyDatabaseError(error) === 'unavailable';
      throw error;
    }
  };
  return {
    // The type has a second shape, for cursors, which nobody uses here.
    query: query as unknown as PostgresPoolClient['query'],
    release: () => client.release(isBroken),
  };
}
