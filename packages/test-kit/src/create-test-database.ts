import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { testDatabaseUrl } from './test-environment.ts';

export interface TestDatabase {
  readonly url: string;
  /** Drops the database, and closes its remaining connections. */
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Fills the new database: usually the migrations. If it throws, the database is dropped. */
  readonly migrate?: (url: string) => Promise<unknown>;
}

/** Creates an empty database in the Postgres of this test run: one for each test file, in `beforeAll`. */
export async function createTestDatabase({ migrate }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  // Copying files is fast for a small template on a server that does not wait for its disk.
  await runOnServer(`create database ${name} strategy file_copy`);
  const url = new URL(testDatabaseUrl());
  url.pathname = `/${name}`;
  const database: TestDatabase = {
    url: url.href,
    drop: () => runOnServer(`drop database if exists ${name} with (force)`),
  };
  try {
    await migrate?.(database.url);
  } catch (error) {
    await database.drop();
    throw error;
  }
  return database;
}

async function runOnServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: testDatabaseUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
