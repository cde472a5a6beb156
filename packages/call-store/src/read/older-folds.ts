import { FOLD_VERSION, type CallKey } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** A call whose row was folded by the rules of an earlier version. */
export interface OlderFold extends CallKey {
  /** The epoch that the row was last written from. */
  readonly epoch: string;
  /** False if retention deleted the archive: the row cannot be folded again. */
  readonly hasArchive: boolean;
}

const ROWS_PER_PAGE = 1_000;

/** Every call whose row has an earlier fold version, of all tenants or of one, read page by page. */
export async function* olderFolds(db: Kysely<CallStoreSchema>, tenant?: string): AsyncGenerator<OlderFold> {
  let after: CallKey = { tenant: '', callSid: '' };
  for (;;) {
    const { rows } = await sql<OlderFold>`
      select tenant, call_sid as "callSid", epoch, archive_removed_at is null as "hasArchive" from call_sessions
      where fold_version < ${FOLD_VERSION} and (tenant, call_sid) > (${after.tenant}, ${after.callSid})
        and ${tenant === undefined ? sql`true` : sql`tenant = ${tenant}`}
      order by tenant, call_sid limit ${sql.lit(ROWS_PER_PAGE)}`.execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last;
  }
}
