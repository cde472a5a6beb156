import { type Kysely, sql } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** That a call or a person was erased, without saying which: `subject` is a keyed hash of the call or the phone. */
export interface Erasure {
  readonly kind: 'call' | 'phone';
  readonly subject: string;
  /** Of which tenant; of all of them where it is `null`. */
  readonly tenant: string | null;
  readonly erasedAt: Date;
  /** How many calls of a person were found, and what was to become of them. */
  readonly found?: Readonly<Record<string, number>> | undefined;
}

/** Writes erasures down. Of one that is there already, the later time counts, and the greater number of calls. */
export async function recordErasures(
  db: Kysely<CallStoreSchema>,
  erasures: readonly Erasure[],
): Promise<void> {
  for (const { kind, subject, tenant, erasedAt, found } of erasures) {
    await sql`
      insert into erasures (kind, subject, tenant, erased_at, found)
      values (${kind}, ${subject}, ${tenant}, ${erasedAt.toISOString()},
        ${found === undefined ? null : JSON.stringify(found)}::jsonb)
      on conflict on constraint erasures_once do update set
        erased_at = greatest(erasures.erased_at, excluded.erased_at),
        found = case
          when (excluded.found ->> 'calls')::integer >= coalesce((erasures.found ->> 'calls')::integer, 0)
          then excluded.found else erasures.found
        end`.execute(db);
  }
}

/** All erasures, the oldest first. */
export async function readErasures(db: Kysely<CallStoreSchema>): Promise<Erasure[]> {
  const rows = await db.selectFrom('erasures').selectAll().orderBy('erased_at').execute();
  return rows.map(({ kind, subject, tenant, erased_at, found }) => ({
    ...{ kind, subject, tenant, erasedAt: erased_at },
    ...(found !== null && { found }),
  }));
}
