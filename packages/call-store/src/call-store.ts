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
 * The record in Postgres. Every method rejects with the driver's error; `classifyDatabaseError` says what to
 * do about it.
 */
export interface CallStore {
  /**
   * Writes records and their events in one transaction, all or none. The outcomes are in the order of the
   * batch; for `other_epoch`, call {@link CallStore.mergeCall}. The events are archived whatever the outcome
   * of the row.
   */
  writeCalls(batch: readonly CallWrite[], options?: WriteOptions): Promise<WriteOutcome[]>;
  /** Archives segments without writing a row; idempotent. */
  archiveEvents(segments: readonly CallSegment[], options?: WriteOptions): Promise<void>;
  /**
   * Folds the given log together with the archive of the call, and writes the row; never lowers one. Throws a
   * `CallStoreError` `nothing_archived` if there is no event.
   */
  mergeCall(merge: CallMerge, options?: WriteOptions): Promise<MergeResult>;
  /** The exact texts of a call's events, each once, in the order of epochs and entries. */
  readArchive(call: CallKey): Promise<string[]>;
  /**
   * The row of a call. With the sid alone it throws a `CallStoreError` `ambiguous_call` if several tenants
   * have one.
   */
  readCall(call: CallKey | string): Promise<StoredCall | undefined>;
  /** The calls that pass the filter, the latest first. */
  listCalls(filter?: CallFilter): Promise<CallSummary[]>;
  countCalls(): Promise<number>;
  /** The key of every call that has a row or an archived event. */
  callKeys(): AsyncIterable<CallKey>;
  /** Folds the archive of a call again and compares it with its row. */
  verifyCall(call: CallKey): Promise<VerifyResult>;
  /** The calls that were written once and are missing now. */
  findMissing<Claim extends ArchiveClaim>(claims: readonly Claim[]): Promise<Claim[]>;
  /** Identifies the server run: it changes with a restart, a failover, or a restore. */
  serverRun(): Promise<string>;
  readonly tenants: TenantStore;
  /** Legal holds, erasures and retention: see the functions of the same names. */
  readonly privacy: CallPrivacy;
  /** Rejects with a `CallStoreError` `schema_behind` while the database lacks a step of the schema. */
  assertMigrated(): Promise<void>;
  /** One round trip. */
  ping(): Promise<void>;
  poolStats(): PoolStats;
  /** Waits for the queries in progress and closes the connections. A second call waits for the first. */
  close(): Promise<void>;
}

/** Planning the write each time costs as much as running it for one row. */
const NAMED_STATEMENTS = new Map([[WRITE_SQL, 'turnlog_write_calls']]);

/** Opens the record. It connects with the first query. */
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
    // Kysely ends only a pool that it has used.
    close: () => (closed ??= pool.end()),
  };
}
