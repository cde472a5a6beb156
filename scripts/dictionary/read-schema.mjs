import { createRequire } from 'node:module';

// The driver of the package that owns the schema.
const pg = createRequire(new URL('../../packages/call-store/package.json', import.meta.url))('pg');

/** The tables and views of a database with their columns, indexes and comments. */
export async function readSchema(databaseUrl) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows } = await client.query(`
      select
        relation.relname as name, relation.relkind = 'v' as "isView", obj_description(relation.oid) as comment,
        (
          select json_agg(json_build_object(
            'name', attname, 'type', format_type(atttypid, atttypmod), 'isNullable', not attnotnull,
            'comment', col_description(attrelid, attnum)
          ) order by attnum)
          from pg_attribute where attrelid = relation.oid and attnum > 0 and not attisdropped
        ) as columns,
        (
          select coalesce(json_agg(regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', '') order by indexrelid), '[]')
          from pg_index where indrelid = relation.oid
        ) as indexes
      from pg_class as relation
      where relation.relnamespace = 'public'::regnamespace and relation.relkind in ('r', 'v')
        and relation.relname not like 'kysely%'
      order by relation.relkind, relation.oid`);
    return rows;
  } finally {
    await client.end();
  }
}
