import { sql, type RawBuilder } from 'kysely';

/** Milliseconds as an interval. */
export function milliseconds(ms: number): RawBuilder<unknown> {
  return sql`(${ms}::double precision * interval '1 millisecond')`;
}
