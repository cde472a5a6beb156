import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate } from './migrate.ts';
import { openTestStore, type TestStore } from '../testing/test-store.ts';

let opened: TestStore;
let client: pg.Client;

beforeAll(async () => {
  opened = await openTestStore();
  ({ client } = opened);
});

afterAll(() => opened.close());

async function withoutComment(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select relation.relname || coalesce('.' || part.attname, '') as name
    from pg_class as relation
    left join lateral (
      select null as attname, 0 as attnum union all
      select attname, attnum from pg_attribute where attrelid = relation.oid and attnum > 0 and not attisdropped
    ) as part on true
    where relation.relnamespace = 'public'::regnamespace and relation.relkind in ('r', 'v', 'm', 'p')
      and coalesce(
        case part.attnum when 0 then obj_description(relation.oid) else col_description(relation.oid, part.attnum) end, ''
      ) = ''
    order by 1`);
  return rows.map(({ name }) => name);
}

describe('the schema', () => {
  it('has a comment on every table, view and column', async () => {
    expect(await withoutComment()).toEqual([]);
  });

  it('gets its comments back with the next migration', async () => {
    await client.query('comment on column call_sessions.outcome is null');
    await client.query('comment on view call_turns is null');
    expect(await withoutComment()).toEqual(['call_sessions.outcome', 'call_turns']);
    await migrate({ databaseUrl: opened.url });
    expect(await withoutComment()).toEqual([]);
  });

  it('is not locked by a migration that has nothing to comment on', async () => {
    const vacuum = new pg.Client(opened.url);
    await vacuum.connect();
    try {
      await vacuum.query('begin');
      await vacuum.query('lock table call_sessions in share update exclusive mode');
      expect(await migrate({ databaseUrl: opened.url })).toEqual({ applied: [] });
    } finally {
      await vacuum.end();
    }
  });
});
