import { createTestDatabase } from '@turnlog/test-kit';
import pg from 'pg';
import { createCallStore, type CallStore } from '../call-store.ts';
import { migrate } from '../schema/migrate.ts';

/** A record in a database of its own, and a connection to look into it. */
export interface TestStore {
  readonly url: string;
  readonly store: CallStore;
  readonly client: pg.Client;
  close(): Promise<void>;
}

/** Opens an empty record: one for each test file, in `beforeAll`. */
export async function openTestStore({ maxConnections = 1 } = {}): Promise<TestStore> {
  const database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  const store = createCallStore({ databaseUrl: database.url, maxConnections });
  const client = new pg.Client(database.url);
  await client.connect();
  return {
    url: database.url,
    store,
    client,
    close: async () => {
      await client.end();
      await store.close();
      await database.drop();
    },
  };
}
