import { CompiledQuery, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** Options of a write. */
export interface WriteOptions {
  /** A time-out for rows that need longer than others. */
  readonly timeoutMs?: number;
}

/** Runs work in a transaction with a time-out of its statements, on the server and in the driver. */
export function inTransaction<T>(
  db: Kysely<CallStoreSchema>,
  { timeoutMs }: WriteOptions,
  work: (transaction: Kysely<CallStoreSchema>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    if (timeoutMs !== undefined) {
      const setTimeout = `set local statement_timeout = ${Math.ceil(timeoutMs)}`;
      await transaction.executeQuery(CompiledQuery.raw(setTimeout));
    }
    return work(transaction);
  });
}
