import { CompiledQuery, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** Options of a write. */
export interface WriteOptions {
  /** A time-out for rows that need longer than others. */
  readonly timeoutMs?: number;
}

/** Sets the time-out of a transaction's statements, on the server and in the driver. */
export async function setTimeoutOf(transaction: Kysely<CallStoreSchema>, timeoutMs: number): Promise<void> {
  await transaction.executeQuery(CompiledQuery.raw(`set local statement_timeout = ${Math.ceil(timeoutMs)}`));
}
