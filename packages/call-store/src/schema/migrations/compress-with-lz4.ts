import { type Kysely, sql } from 'kysely';

/**
 * Makes Postgres compress the columns with lz4, which writes several times faster than its default. A server
 * that was built without it keeps the default.
 */
export async function compressWithLz4(
  db: Kysely<unknown>,
  table: string,
  columns: readonly string[],
): Promise<void> {
  if (!(await hasLz4(db))) return;
  for (const column of columns) {
    await sql`alter table ${sql.table(table)} alter column ${sql.ref(column)} set compression lz4`.execute(
      db,
    );
  }
}

async function hasLz4(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql`
    select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)`.execute(db);
  return rows.length > 0;
}
