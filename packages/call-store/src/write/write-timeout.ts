import { CompiledQuery, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** How a write is to be done. */
export interface WriteOptions {
  /** A time-out of its own, for rows that need longer than the others. */
  readonly timeoutMs?: number;
}

/** Gives the statements of a transaction a time-out of their own, on the server and in the driver. */
export async function setTimeoutOf(transaction: Kysely<CallStoreSchema>, timeoutMs: number): Promise<void> {
  await transaction.executeQuery(CompiledQuery.raw(`set local statement_timeout = ${Math.ceil(timeoutMs)}`));
}
