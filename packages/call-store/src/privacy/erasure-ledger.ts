import { type Kysely, sql } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** That somebody was erased, without saying who: `subject` is a keyed hash of a call or a phone. */
export interface Erasure {
  readonly kind: 'call' | 'phone';
  readonly subject: string;
  /** Of which tenant; of all of them where it is `null`. */
  readonly tenant: string | null;
  readonly erasedAt: Date;
}

/** Writes erasures down. Of one that is there already, the later time counts. */
export async function recordErasures(
  db: Kysely<CallStoreSchema>,
  erasures: readonly Erasure[],
): Promise<void> {
  for (const { kind, subject, tenant, erasedAt } of erasures) {
    await sql`
      insert into erasures (kind, subject, tenant, erased_at)
      values (${kind}, ${subject}, ${tenant}, ${erasedAt.toISOString()})
      on conflict on constraint erasures_once
      do update set erased_at = greatest(erasures.erased_at, excluded.erased_at)`.execute(db);
  }
}

/** All erasures, the oldest first. */
export async function readErasures(db: Kysely<CallStoreSchema>): Promise<Erasure[]> {
  const rows = await db.selectFrom('erasures').selectAll().orderBy('erased_at').execute();
  return rows.map(({ kind, subject, tenant, erased_at }) => ({ kind, subject, tenant, erasedAt: erased_at }));
}
