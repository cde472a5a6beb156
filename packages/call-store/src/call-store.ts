import { type CallKey } from '@turnlog/call-events';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { readArchivedEvents, withoutRepeats } from './archive/read-archive.ts';
import { kyselyPool } from './connection/kysely-pool.ts';
import { createPool, type DatabaseOptions, type PoolStats } from './connection/pool.ts';
import { findMissing, type ArchiveClaim } from './read/find-missing.ts';
import { callKeys, countCalls, listCalls, type CallFilter, type CallSummary } from './read/list-calls.ts';
import { createCallPrivacy, type CallPrivacy } from './privacy/call-privacy.ts';
import { readCall } from './read/read-call.ts';
import { type CallStoreSchema, type StoredCall } from './schema/call-store-schema.ts';
import { assertMigrated } from './schema/schema-version.ts';
import { createTenantStore, type TenantStore } from './tenants/tenant-store.ts';
import { verifyCall, type VerifyResult } from './verify/verify-call.ts';
import { type CallSegment } from './write/archive-segments.ts';
import { type CallWrite } from './write/call-write.ts';
import { mergeCall, type CallMerge, type MergeResult } from './write/merge-call.ts';
import { archiveEvents, writeCalls, type WriteOutcome, WRITE_SQL } from './write/write-calls.ts';
import { type WriteOptions } from './write/write-timeout.ts';

/**
 * The record in Postgres. Every method rejects with the error of the driver when the database does: ask
 * `classifyDatabaseError` what to do about it.
 */
export interface CallStore {
  /**
   * Writes records and their events in one transaction, all or none. The outcomes are in the order of the batch; of a
   * call with `other_epoch`, call {@link CallStore.mergeCall}. The events are archived whatever becomes of the row.
   */
  writeCalls(batch: readonly CallWrite[], options?: WriteOptions): Promise<WriteOutcome[]>;
  /** Archives stretches of logs without writing a row; doing it twice changes nothing. */
  archiveEvents(segments: readonly CallSegment[], options?: WriteOptions): Promise<void>;
  /**
   * Folds the given log together with everything archived of the call, and writes the row; never lowers one. Throws a
   * `CallStoreError` `nothing_archived` when there is no event at all.
   */
  mergeCall(merge: CallMerge, options?: WriteOptions): Promise<MergeResult>;
  /** The events of a call as texts, to the letter, each once, in the order of epochs and entries. */
  readArchive(call: CallKey): Promise<string[]>;
  /**
   * The row of a call. By its sid alone it throws a `CallStoreError` `ambiguous_call` when several tenants have one.
   */
  readCall(call: CallKey | string): Promise<StoredCall | undefined>;
  /** The latest calls that pass the filter, the latest first. */
  listCalls(filter?: CallFilter): Promise<CallSummary[]>;
  countCalls(): Promise<number>;
  /** The key of every call that has a row or an archived event. */
  callKeys(): AsyncIterable<CallKey>;
  /** Folds the archive of a call again and compares it with the row. */
  verifyCall(call: CallKey): Promise<VerifyResult>;
  /** Of what was written once, that which is not here any more. */
  findMissing<Claim extends ArchiveClaim>(claims: readonly Claim[]): Promise<Claim[]>;
  /** Names the run of the server: another one after a restart, a failover, or a restore. */
  serverRun(): Promise<string>;
  readonly tenants: TenantStore;
  /** Legal holds, erasures and retention: see the functions of their names. */
  readonly privacy: CallPrivacy;
  /** Rejects with a `CallStoreError` `schema_behind` while the database lacks a step of the schema. */
  assertMigrated(): Promise<void>;
  /** One round trip. */
  ping(): Promise<void>;
  poolStats(): PoolStats;
  /** Waits for the queries under way and closes the connections. A second call waits for the first. */
  close(): Promise<void>;
}

/** Planning the write anew each time costs as much as running it for one row. */
const NAMED_STATEMENTS = new Map([[WRITE_SQL, 'turnlog_write_calls']]);

/** Opens the record. It connects with the first query, not before. */
export function createCallStore(options: DatabaseOptions): CallStore {
  const pool = createPool(options);
  const db = new Kysely<CallStoreSchema>({
    dialect: new PostgresDialect({ pool: kyselyPool(pool, NAMED_STATEMENTS) }),
  });
  let closed: Promise<void> | undefined;
  return {
    writeCalls: (batch, how) => writeCalls(db, batch, how),
    archiveEvents: (segments, how) => archiveEvents(db, segments, how),
    mergeCall: (merge, how) => mergeCall(db, merge, how),
    readArchive: async (call) => withoutRepeats(await readArchivedEvents(db, call)).map(({ text }) => text),
    readCall: (call) => readCall(db, call),
    listCalls: (filter) => listCalls(db, filter),
    countCalls: () => countCalls(db),
    callKeys: () => callKeys(db),
    verifyCall: (call) => verifyCall(db, call),
    findMissing: (claims) => findMissing(db, claims),
    serverRun: async () => {
      const { rows } = await sql<{ run: string }>`select pg_postmaster_start_time()::text as run`.execute(db);
      return rows[0]?.run ?? '';
    },
    tenants: createTenantStore(db),
    privacy: createCallPrivacy(db),
    assertMigrated: () => assertMigrated(db),
    ping: async () => {
      await sql`select 1`.execute(db);
    },
    poolStats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    // Kysely ends a pool only once it has used it.
    close: () => (closed ??= pool.end()),
  };
}
