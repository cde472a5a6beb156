import { type Kysely, sql } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/**
 * A record that a call or a person was erased, which does not identify it: `subject` is a keyed hash of the
 * call or the phone.
 */
export interface Erasure {
  readonly kind: 'call' | 'phone';
  readonly subject: string;
  /** The tenant; all of them if `null`. */
  readonly tenant: string | null;
  readonly erasedAt: Date;
  /** The number of a person's calls that were found, by their outcome. */
  readonly found?: Readonly<Record<string, number>> | undefined;
}

/**
 * Records erasures. For one that exists already, the later time and the greater number of calls take
 * precedence.
 */
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
  const { rows } = await sql<Omit<Erasure, 'found'> & { found: Erasure['found'] | null }>`
    select kind, subject, tenant, erased_at as "erasedAt", found from erasures order by erased_at`.execute(
    db,
  );
  return rows.map(({ found, ...erasure }) => ({ ...erasure, ...(found !== null && { found }) }));
}
