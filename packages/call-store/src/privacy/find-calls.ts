import { type CallKey } from '@turnlog/call-events';
import { sql, type Kysely } from 'kysely';
import { type CallStoreSchema } from '../schema/call-store-schema.ts';

/** A call as a search for a person sees it. */
export interface CallNumbers extends CallKey {
  /** All parties' numbers, and whatever the lead's fields and the custom field hold, as they were written. */
  readonly numbers: readonly string[];
  readonly beganAt: Date;
}

const PAGE = 1_000;

/** Every call with the numbers in it, page by page. */
export async function* callNumbers(db: Kysely<CallStoreSchema>): AsyncGenerator<CallNumbers> {
  let after: CallKey = { tenant: '', callSid: '' };
  for (;;) {
    const page = await readAfter(db, after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

async function readAfter(db: Kysely<CallStoreSchema>, { tenant, callSid }: CallKey): Promise<CallNumbers[]> {
  const { rows } = await sql<CallNumbers>`
    select tenant, call_sid as "callSid", coalesce(initiated_at, created_at) as "beganAt",
      array_remove(array[from_number, to_number, custom_field], null)
        || coalesce((select array_agg(leg ->> 'number') from jsonb_array_elements(legs) as leg
             where leg ->> 'number' is not null), '{}')
        || coalesce((select array_agg(value) from jsonb_each_text(lead) where value is not null), '{}') as numbers
    from call_sessions
    where (tenant, call_sid) > (${tenant}, ${callSid})
    order by tenant, call_sid limit ${sql.lit(PAGE)}`.execute(db);
  return rows;
}
