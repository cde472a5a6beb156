import { initialState, toCallRecord, type CallKey, type CallRecord } from '@turnlog/call-events';
import { CompiledQuery, sql, type Kysely } from 'kysely';
import { foldArchive } from '../archive/fold-archive.ts';
import { readArchivedEvents } from '../archive/read-archive.ts';
import { CallStoreError } from '../errors.ts';
import { type CallStoreSchema, type StoredCall } from '../schema/call-store-schema.ts';
import { archiveSegmentsSql, segmentParameters, type EventSegment } from './archive-segments.ts';
import { toRow } from './call-row.ts';
import { rowParameters, upsertRowsSql } from './upsert-rows.ts';
import { inTransaction, type WriteOptions } from './write-timeout.ts';

/** The log of a call whose row was written from another epoch. */
export interface CallMerge {
  readonly call: CallKey;
  /** The current epoch. */
  readonly epoch: string;
  /** All events of this log. Without it, the row is rebuilt from the archive. */
  readonly segment?: EventSegment;
  /**
   * The row is only folded again, by the rules of this version. `persisted_at` stays: retention takes it for the age of a
   * call without an end.
   */
  readonly isRefold?: boolean;
}

/**
 * The outcome of a merge: `kept` if the row has more events than the archive, and stays unchanged; `erased`
 * if the call was erased, and is not written.
 */
export interface MergeResult {
  readonly outcome: 'written' | 'kept' | 'erased';
  /** The fold of all archived events of the call. */
  readonly record: CallRecord;
}

// The row is locked, and its version is not higher: see below.
const GUARD = 'excluded.version >= call_sessions.version';
const UPSERT_SQL = upsertRowsSql(GUARD);
const REFOLD_SQL = upsertRowsSql(GUARD, 1, 'call_sessions.persisted_at');

/**
 * Merges several epochs of a call: archives the given one, folds the union of all by event id, and writes the
 * row. Never lowers a row; idempotent. Throws a {@link CallStoreError} `nothing_archived` if there is no
 * event to fold, and the errors of Postgres.
 */
export async function mergeCall(
  db: Kysely<CallStoreSchema>,
  { call, epoch, segment, isRefold = false }: CallMerge,
  options: WriteOptions = {},
): Promise<MergeResult> {
  return inTransaction(db, options, async (transaction) => {
    const stored = await lockRow(transaction, call, epoch);
    if (stored === undefined) return { outcome: 'erased', record: toCallRecord(initialState(call)) };
    if (segment !== undefined && segment.events.length > 0) {
      const parameters = segmentParameters([{ call, epoch, segment }]);
      await transaction.executeQuery(CompiledQuery.raw(archiveSegmentsSql(), parameters));
    }
    const { record, epochs } = foldArchive(call, await readArchivedEvents(transaction, call));
    if (record.version === 0 && stored.version === 0) {
      const message = `No event of call ${call.callSid} of ${call.tenant} is archived.`;
      throw new CallStoreError('nothing_archived', message);
    }
    if (record.version < stored.version) return { outcome: 'kept', record };

    const epochCount = new Set([...epochs, stored.epoch, epoch]).size;
    const parameters = rowParameters([{ row: toRow(record), epoch, epochCount }]);
    await transaction.executeQuery(CompiledQuery.raw(isRefold ? REFOLD_SQL : UPSERT_SQL, parameters));
    return { outcome: 'written', record };
  });
}

/**
 * Locks the row until the end of the transaction. A missing row cannot be locked, so it is created first,
 * below any version: a concurrent writer waits, and finds another epoch. An erased call has no row, and gets
 * none.
 */
async function lockRow(
  transaction: Kysely<CallStoreSchema>,
  { tenant, callSid }: CallKey,
  epoch: string,
): Promise<Pick<StoredCall, 'version' | 'epoch'> | undefined> {
  await sql`
    insert into call_sessions (tenant, call_sid, status, version, fold_version, epoch, transcript_sha256)
    values (${tenant}, ${callSid}, 'in_progress', 0, 0, ${epoch}, '')
    on conflict (tenant, call_sid) do nothing`.execute(transaction);
  const { rows } = await sql<Pick<StoredCall, 'version' | 'epoch'>>`
    select version, epoch from call_sessions where tenant = ${tenant} and call_sid = ${callSid}
    for update`.execute(transaction);
  return rows[0];
}
