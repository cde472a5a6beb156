import { type CallKey } from '@turnlog/call-events';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { readArchivedEvents, withoutRepeats } from './archive/read-archive.ts';
import { kyselyPool } from './connection/kysely-pool.ts';
import { createPool, type DatabaseOptions } from './connection/pool.ts';
import { findMissing, type ArchiveClaim } from './read/find-missing.ts';
import { callKeys, countCalls, listCalls, type CallFilter } from './read/list-calls.ts';
import { olderFolds } from './read/older-folds.ts';
import { createCallPrivacy } from './privacy/call-privacy.ts';
import { readCall } from './read/read-call.ts';
import { type CallStoreSchema, type StoredCall } from './schema/call-store-schema.ts';
import { assertMigrated } from './schema/schema-version.ts';
import { createTenantStore } from './tenants/tenant-store.ts';
import { verifyCall } from './verify/verify-call.ts';
import { type CallSegment } from './write/archive-segments.ts';
import { type CallWrite } from './write/call-write.ts';
import { mergeCall, type CallMerge } from './write/merge-call.ts';
import { archiveEvents, writeCalls, WRITE_SQL } from './write/write-calls.ts';
import { type WriteOptions } from './write/write-timeout.ts';

/** Planning the write each time costs as much as running it for one row. */
const NAMED_STATEMENTS = new Map([[WRITE_SQL, 'turnlog_write_calls']]);

/**
 * The record in Postgres; see the functions of the same names. Every method rejects with the driver's error;
 * `classifyDatabaseError` says what to do about it.
 */
export type CallStore = ReturnType<typeof createCallStore>;

/** Opens the record. It connects with the first query. */
export function createCallStore(options: DatabaseOptions) {
  const pool = createPool(options);
  const db = new Kysely<CallStoreSchema>({
    dialect: new PostgresDialect({ pool: kyselyPool(pool, NAMED_STATEMENTS) }),
  });
  let closed: Promise<void> | undefined;
  return {
    writeCalls: (batch: readonly CallWrite[], how?: WriteOptions) => writeCalls(db, batch, how),
    archiveEvents: (segments: readonly CallSegment[], how?: WriteOptions) => archiveEvents(db, segments, how),
    mergeCall: (merge: CallMerge, how?: WriteOptions) => mergeCall(db, merge, how),
    /** The exact texts of a call's events, each once, in the order of epochs and entries. */
    readArchive: async (call: CallKey) =>
      withoutRepeats(await readArchivedEvents(db, call)).map(({ text }) => text),
    readCall: (call: CallKey | string): Promise<StoredCall | undefined> => readCall(db, call),
    listCalls: (filter?: CallFilter) => listCalls(db, filter),
    countCalls: () => countCalls(db),
    callKeys: () => callKeys(db),
    olderFolds: (tenant?: string) => olderFolds(db, tenant),
    verifyCall: (call: CallKey) => verifyCall(db, call),
    findMissing: <Claim extends ArchiveClaim>(claims: readonly Claim[]) => findMissing(db, claims),
    /** Identifies the server run: it changes with a restart, a failover, or a restore. */
    serverRun: async () => {
      const { rows } = await sql<{ run: string }>`select pg_postmaster_start_time()::text as run`.execute(db);
      return rows[0]?.run ?? '';
    },
    tenants: createTenantStore(db),
    privacy: createCallPrivacy(db),
    assertMigrated: () => assertMigrated(db),
    /** One round trip. */
    ping: async () => {
      await sql`select 1`.execute(db);
    },
    /** Waits for the queries in progress. Kysely ends only a pool that it has used. */
    close: () => (closed ??= pool.end()),
  };
}
