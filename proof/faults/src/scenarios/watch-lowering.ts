import { type Context } from './scenario.ts';

/**
 * Makes the database count every write that lowers a row. Resolves to a function that returns the number.
 */
export async function watchLowering({ sql }: Context): Promise<() => Promise<number>> {
  await sql.query('create table lowered (call_sid text, was integer, became integer)');
  await sql.query(`create function note_lowering() returns trigger language plpgsql security definer as $$
    begin insert into lowered values (old.call_sid, old.version, new.version); return new; end $$`);
  await sql.query(`create trigger note_lowering before update on call_sessions
    for each row when (new.version < old.version) execute function note_lowering()`);
  return async () => {
    const { rows } = await sql.query<{ count: number }>('select count(*)::integer as count from lowered');
    return rows[0]?.count ?? 0;
  };
}
