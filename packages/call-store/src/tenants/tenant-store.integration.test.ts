import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addTenant, changePolicy, revokeTenant, rotateSecret } from '@turnlog/tenants';
import { createTestDatabase, type TestDatabase } from '@turnlog/test-kit';
import { createCallStore, type CallStore } from '../call-store.ts';
import { migrate } from '../schema/migrate.ts';

let database: TestDatabase;
let store: CallStore;

beforeAll(async () => {
  database = await createTestDatabase({ migrate: (databaseUrl) => migrate({ databaseUrl }) });
  store = createCallStore({ databaseUrl: database.url, maxConnections: 4 });
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

const find = async (name: string) => (await store.tenants.list()).find((tenant) => tenant.name === name);

test('a tenant is read as it was changed, and each change is counted', async () => {
  const added = await store.tenants.change('acme', (current) => addTenant('acme', current, 0));
  expect(added.tenant.revision).toBe(1);
  expect(await find('acme')).toEqual(added.tenant);
  const revoked = await store.tenants.change('acme', (current) => revokeTenant('acme', current, 7));
  expect(revoked.tenant).toMatchObject({ revision: 2, revokedAt: '1970-01-01T00:00:00.007Z' });
  expect(await find('acme')).toEqual(revoked.tenant);
});

test('of two changes that add the same tenant at once, one receives the existing tenant', async () => {
  const add = () => store.tenants.change('twice', (current) => addTenant('twice', current, 0));
  const results = await Promise.allSettled([add(), add(), add()]);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect((await find('twice'))?.revision).toBe(1);
});

test('concurrent changes are all kept', async () => {
  await store.tenants.change('busy', (current) => addTenant('busy', current, 0));
  await Promise.all([
    store.tenants.change('busy', (current) => rotateSecret('busy', 'stream', current, 1)),
    store.tenants.change('busy', (current) => rotateSecret('busy', 'api', current, 1)),
    store.tenants.change('busy', (current) => changePolicy('busy', { maxCalls: 3 }, current)),
  ]);
  expect(await find('busy')).toMatchObject({ revision: 4, policy: { maxCalls: 3 } });
  expect((await find('busy'))?.secrets).toHaveLength(5);
});

test('a refused change changes nothing', async () => {
  await expect(
    store.tenants.change('unknown', (current) => revokeTenant('unknown', current, 0)),
  ).rejects.toMatchObject({ code: 'no_such_tenant' });
  expect(await find('unknown')).toBeUndefined();
});
