import { initialState, toCallRecord, type CallKey, type CallRecord } from '@turnlog/call-events';
import { CompiledQuery, sql, type Kysely, type Transaction } from 'kysely';
import { foldArchive } from '../archive/fold-archive.ts';
import { readArchivedEvents } from '../archive/read-archive.ts';
import { CallStoreError } from '../errors.ts';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';
import { archiveSegmentsSql, segmentParameters, type EventSegment } from './archive-segments.ts';
import { toRow } from './call-row.ts';
import { rowParameters, upsertRowsSql } from './upsert-rows.ts';
import { setTimeoutOf, type WriteOptions } from './write-timeout.ts';

/** The log of a call whose row was written from another life of it. */
export interface CallMerge {
  readonly call: CallKey;
  /** The present life of the log. */
  readonly epoch: string;
  /** Everything that this log holds. Without it, the row is rebuilt from what is archived. */
  readonly segment?: EventSegment;
}

/**
 * What became of a merge: `kept` when the row knows more than the whole archive does, which leaves it alone; `erased` when
 * the call was erased, and nothing of it is written.
 */
export interface MergeResult {
  readonly outcome: 'written' | 'kept' | 'erased';
  /** The fold of everything that is archived of the call. */
  readonly record: CallRecord;
}

// The row is locked, and holds a version that is not higher: see below.
const UPSERT_SQL = upsertRowsSql('excluded.version >= call_sessions.version');
const ARCHIVE_SQL = archiveSegmentsSql();

/**
 * Brings several lives of a call's log together: archives the given one, folds the union of all by event id, and writes
 * the row. Never lowers a row; doing it twice changes nothing. Throws a {@link CallStoreError} `nothing_archived` when
 * there is no event to fold, and what Postgres throws.
 */
export async function mergeCall(
  db: Kysely<CallStoreSchema>,
  { call, epoch, segment }: CallMerge,
  { timeoutMs }: WriteOptions = {},
): Promise<MergeResult> {
  return db.transaction().execute(async (transaction) => {
    if (timeoutMs !== undefined) await setTimeoutOf(transaction, timeoutMs);
    const stored = await lockRow(transaction, call, epoch);
    if (stored === undefined) return { outcome: 'erased', record: toCallRecord(initialState(call)) };
    if (segment !== undefined && segment.events.length > 0) {
      const parameters = segmentParameters([{ call, epoch, segment }]);
      await transaction.executeQuery(CompiledQuery.raw(ARCHIVE_SQL, parameters));
    }
    const { record, epochs } = foldArchive(call, await readArchivedEvents(transaction, call));
    if (record.version === 0 && stored.version === 0) throw nothingArchived(call);
    if (record.version < stored.version) return { outcome: 'kept', record };

    const epochCount = new Set([...epochs, stored.epoch, epoch]).size;
    const parameters = rowParameters([{ row: toRow(record), epoch, epochCount }]);
    await transaction.executeQuery(CompiledQuery.raw(UPSERT_SQL, parameters));
    return { outcome: 'written', record };
  });
}

/**
 * Keeps everybody else from the row until the end of the transaction. One that is not there can't be locked, so it is
 * made first, below any version: a writer that comes meanwhile waits, and finds another epoch. An erased call has none,
 * and gets none.
 */
async function lockRow(
  transaction: Transaction<CallStoreSchema>,
  { tenant, callSid }: CallKey,
  epoch: string,
): Promise<{ version: number; epoch: string } | undefined> {
  await sql`
    insert into call_sessions (tenant, call_sid, status, version, fold_version, epoch, transcript_sha256)
    values (${tenant}, ${callSid}, 'in_progress', 0, 0, ${epoch}, '')
    on conflict (tenant, call_sid) do nothing`.execute(transaction);
  return transaction
    .selectFrom('call_sessions')
    .select(['version', 'epoch'])
    .where('tenant', '=', tenant)
    .where('call_sid', '=', callSid)
    .forUpdate()
    .executeTakeFirst();
}

function nothingArchived({ tenant, callSid }: CallKey): CallStoreError {
  return new CallStoreError('nothing_archived', `No event of call ${callSid} of ${tenant} is archived.`);
}
