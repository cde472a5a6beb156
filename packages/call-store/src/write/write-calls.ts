import { callId, type CallKey } from '@turnlog/call-events';
import { CompiledQuery, sql, type Kysely } from 'kysely';
import { type CallStoreSchema, type StoredCall } from '../schema/call-store-schema.ts';
import {
  archiveSegmentsSql,
  SEGMENT_PARAMETERS,
  segmentParameters,
  type CallSegment,
} from './archive-segments.ts';
import { callOfRow, longestSegments, newestPerCall, type CallWrite } from './call-write.ts';
import { rowParameters, upsertRowsSql } from './upsert-rows.ts';
import { inTransaction, type WriteOptions } from './write-timeout.ts';

/**
 * The outcome of a write.
 * - `written`: the row was written.
 * - `stale`: the row already has an equal or higher version of the same epoch. As good as written.
 * - `other_epoch`: the row was written from another epoch; the epochs must be merged.
 */
export type WriteOutcome = 'written' | 'stale' | 'other_epoch';

/** A row is replaced only by a longer fold of the same epoch: versions of two epochs cannot be compared. */
const GUARD = `
  call_sessions.epoch = excluded.epoch and call_sessions.epoch_count = 1
  and excluded.version > call_sessions.version`;

/**
 * Rows and archive in one statement, which is one transaction and one round trip. Postgres runs the main
 * statement before a `with` that is not read: every writer locks rows before segments, so no two can
 * deadlock.
 */
export const WRITE_SQL = `with archived as (${archiveSegmentsSql()}) ${upsertRowsSql(GUARD, SEGMENT_PARAMETERS + 1)}`;

/**
 * Writes rows and their events, all or none, and returns the outcomes in the order of the batch. The events
 * are archived whatever the outcome of the row. Throws the errors of Postgres: see `classifyDatabaseError`.
 */
export async function writeCalls(
  db: Kysely<CallStoreSchema>,
  batch: readonly CallWrite[],
  options: WriteOptions = {},
): Promise<WriteOutcome[]> {
  // Without a time-out one statement is enough: it is a transaction of its own.
  if (options.timeoutMs === undefined) return writeWithin(db, batch);
  return inTransaction(db, options, (transaction) => writeWithin(transaction, batch));
}

/** Archives segments of a call's log without its row, for a log that is too large for one statement. */
export async function archiveEvents(
  db: Kysely<CallStoreSchema>,
  segments: readonly CallSegment[],
  options: WriteOptions = {},
): Promise<void> {
  if (segments.length === 0) return;
  const write = CompiledQuery.raw(archiveSegmentsSql(), segmentParameters(segments));
  await inTransaction(db, options, (transaction) => transaction.executeQuery(write));
}

async function writeWithin(
  db: Kysely<CallStoreSchema>,
  batch: readonly CallWrite[],
): Promise<WriteOutcome[]> {
  if (batch.length === 0) return [];
  const newest = newestPerCall(batch);
  const written = await upsert(db, newest, longestSegments(batch));
  const refused = batch.filter((write) => {
    const key = callId(callOfRow(write.row));
    return !written.has(key) || newest.get(key) !== write;
  });
  if (refused.length === 0) return batch.map(() => 'written');

  const stored = await readVersions(
    db,
    refused.map(({ row }) => callOfRow(row)),
  );
  const isRefused = new Set(refused);
  return batch.map((write) =>
    isRefused.has(write) ? whyRefused(write, stored.get(callId(callOfRow(write.row)))) : 'written',
  );
}

/** The keys of the rows that were written. */
async function upsert(
  db: Kysely<CallStoreSchema>,
  writes: ReadonlyMap<string, CallWrite>,
  segments: readonly CallSegment[],
): Promise<Set<string>> {
  const rows = [...writes.values()].map(({ row, epoch }) => ({ row, epoch, epochCount: 1 }));
  const parameters = [...segmentParameters(segments), ...rowParameters(rows)];
  const result = await db.executeQuery(CompiledQuery.raw(WRITE_SQL, parameters));
  return new Set((result.rows as StoredKey[]).map((row) => callId(callOfRow(row))));
}

type StoredKey = Pick<StoredCall, 'tenant' | 'call_sid'>;
type StoredVersion = StoredKey & Pick<StoredCall, 'version' | 'epoch' | 'epoch_count'>;

async function readVersions(
  db: Kysely<CallStoreSchema>,
  calls: readonly CallKey[],
): Promise<Map<string, StoredVersion>> {
  const tenants = calls.map(({ tenant }) => tenant);
  const callSids = calls.map(({ callSid }) => callSid);
  const { rows } = await sql<StoredVersion>`
    select tenant, call_sid, version, epoch, epoch_count from call_sessions
    where (tenant, call_sid) in (select * from unnest(${tenants}::text[], ${callSids}::text[]))`.execute(db);
  return new Map(rows.map((row) => [callId(callOfRow(row)), row]));
}

function whyRefused({ row, epoch }: CallWrite, stored: StoredVersion | undefined): WriteOutcome {
  const isSameLog = stored?.epoch === epoch && stored.epoch_count === 1;
  return isSameLog && stored.version >= row.version ? 'stale' : 'other_epoch';
}
