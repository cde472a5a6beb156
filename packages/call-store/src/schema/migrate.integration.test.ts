import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, freePort, type TestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { migrate } from './migrate.ts';
import { allMigrations } from './migrations/all-migrations.ts';

let database: TestDatabase;
let store: CallStore;

beforeEach(async () => {
  database = await createTestDatabase();
  store = createCallStore({ databaseUrl: database.url, maxConnections: 1 });
});

afterEach(async () => {
  await store.close();
  await database.drop();
});

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('migrating a database', () => {
  it('takes every step once', async () => {
    expect(await migrate({ databaseUrl: database.url })).toEqual({ applied: Object.keys(allMigrations) });
    expect(await migrate({ databaseUrl: database.url })).toEqual({ applied: [] });
  });

  it('is safe to do several times at once', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => migrate({ databaseUrl: database.url })));
    expect(results.flatMap(({ applied }) => applied)).toEqual(Object.keys(allMigrations));
    await store.assertMigrated();
  });

  it('changes nothing if a step fails', async () => {
    await query('create table call_turns (in_the_way integer)');
    await expect(migrate({ databaseUrl: database.url })).rejects.toMatchObject({ code: 'migration_failed' });
    expect(await query(`select to_regclass('call_sessions') as made`)).toEqual([{ made: null }]);
    await query('drop table call_turns');
    expect((await migrate({ databaseUrl: database.url })).applied).toEqual(Object.keys(allMigrations));
  });

  it('names the script that makes the roles when its own cannot log in', async () => {
    const url = new URL(database.url);
    url.username = 'a_role_that_does_not_exist';
    await expect(migrate({ databaseUrl: url.href })).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringContaining('infra/postgres/roles.sh'),
    });
  });

  it('names a database that cannot be reached, without its password', async () => {
    const port = await freePort();
    const attempt = migrate({ databaseUrl: `postgres://user:secret@127.0.0.1:${port}/calls` });
    await expect(attempt).rejects.toMatchObject({ code: 'unreachable' });
    await expect(attempt).rejects.toThrow(`Postgres at 127.0.0.1:${port}/calls can't be reached`);
    await expect(attempt).rejects.not.toThrow('secret');
  });

  it('has nothing to do if a newer version has migrated the database', async () => {
    await migrate({ databaseUrl: database.url });
    await query(`insert into kysely_migration values ('9999-later', now()::text)`);
    expect(await migrate({ databaseUrl: database.url })).toEqual({ applied: [] });
  });

  it('makes the server compress with lz4 if it can', async () => {
    await migrate({ databaseUrl: database.url });
    expect(
      await query(`
        select attname from pg_attribute join pg_class on attrelid = pg_class.oid
        where relname in ('call_sessions', 'call_event_segments') and attcompression <> 'l'
          and attname in ('full_transcript', 'events')
          and exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals))`),
    ).toEqual([]);
  });
});

describe('a store', () => {
  it('names the schema that is missing', async () => {
    await expect(store.assertMigrated()).rejects.toMatchObject({ code: 'schema_behind' });
    await expect(store.assertMigrated()).rejects.toThrow('The database is at schema nothing');
    await migrate({ databaseUrl: database.url });
    await store.assertMigrated();
  });

  it('requires every step that it needs, and accepts steps that it does not know', async () => {
    await migrate({ databaseUrl: database.url });
    await query(`insert into kysely_migration values ('9999-later', '')`);
    await store.assertMigrated();
    await query(`delete from kysely_migration where name >= '0003'`);
    await expect(store.assertMigrated()).rejects.toThrow(
      'The database is at schema 0002-call-event-segments',
    );
  });
});
