import { type Kysely, sql } from 'kysely';
import { callSessionsComments } from './comments/call-sessions.ts';
import { otherTableComments } from './comments/other-tables.ts';
import { viewComments } from './comments/views.ts';

const COMMENTS = { ...callSessionsComments, ...otherTableComments, ...viewComments };

interface Described {
  readonly relation: string;
  readonly kind: 'table' | 'view';
  /** Null for the relation itself. */
  readonly column: string | null;
  readonly comment: string | null;
}

/**
 * Comments on every table, view and column. Only comments that differ are written, because each one takes a
 * lock for which it would wait while the table is vacuumed.
 */
export async function describeSchema(db: Kysely<unknown>): Promise<void> {
  for (const { relation, kind, column, comment } of await readDescriptions(db)) {
    const wanted = column === null ? COMMENTS[relation]?.comment : COMMENTS[relation]?.columns[column];
    if (wanted === undefined || wanted === comment) continue;
    const what =
      column === null
        ? sql`${sql.raw(kind)} ${sql.table(relation)}`
        : sql`column ${sql.table(relation)}.${sql.ref(column)}`;
    await sql`comment on ${what} is ${sql.lit(wanted)}`.execute(db);
  }
}

async function readDescriptions(db: Kysely<unknown>): Promise<Described[]> {
  const { rows } = await sql<Described>`
    select relation.relname as relation, case relation.relkind when 'v' then 'view' else 'table' end as kind,
      part.attname as column, description.description as comment
    from pg_class as relation
    cross join lateral (
      select null::name as attname, 0 as attnum
      union all
      select attname, attnum from pg_attribute
      where attrelid = relation.oid and attnum > 0 and not attisdropped
    ) as part
    left join pg_description as description
      on description.classoid = 'pg_class'::regclass and description.objoid = relation.oid
        and description.objsubid = part.attnum
    where relation.relnamespace = 'public'::regnamespace and relation.relkind in ('r', 'v')`.execute(db);
  return rows;
}
