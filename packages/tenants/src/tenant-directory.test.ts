import { beforeEach, expect, test } from '@jest/globals';
import { addTenant, changePolicy, revokeTenant, rotateSecret, type Changed } from './change-tenant.ts';
import { TenantDirectory } from './tenant-directory.ts';
import { DEFAULT_POLICY, type SecretKind, type Tenant } from './tenant.ts';

let copies: Record<string, string>;
let unreadable: string[];
let directory: TenantDirectory;

beforeEach(() => {
  copies = {};
  unreadable = [];
  directory = new TenantDirectory({ readAll: () => Promise.resolve(copies) }, (name) =>
    unreadable.push(name),
  );
});

/** Stores a change as the store does, which counts the revisions. */
async function store({ tenant }: Changed): Promise<Tenant> {
  const stored = { ...tenant, revision: tenant.revision + 1 };
  copies = { ...copies, [tenant.name]: JSON.stringify(stored) };
  await directory.reload();
  return stored;
}

const textOf = ({ created }: Changed, kind: SecretKind): string =>
  created.find(({ secret }) => secret.kind === kind)?.text ?? '';

test('before the first read, the directory is unknown', async () => {
  expect([directory.isLoaded, directory.isEmpty]).toEqual([false, true]);
  await directory.reload();
  expect([directory.isLoaded, directory.isEmpty]).toEqual([true, true]);
});

test('a tenant is found by its secret of the right kind', async () => {
  const [acme, other] = [addTenant('acme', undefined, 0), addTenant('other', undefined, 0)];
  await store(acme);
  await store(other);
  expect(directory.authenticate('stream', textOf(acme, 'stream'))?.name).toBe('acme');
  expect(directory.authenticate('api', textOf(other, 'api'))?.name).toBe('other');
  expect(directory.authenticate('api', textOf(acme, 'stream'))).toBeUndefined();
  expect(directory.authenticate('stream', '')).toBeUndefined();
  expect(directory.authenticate('stream', 'acme')).toBeUndefined();
});

test('an id of one secret with the rest of another does not match', async () => {
  const [acme, other] = [addTenant('acme', undefined, 0), addTenant('other', undefined, 0)];
  await store(acme);
  await store(other);
  const [mine, theirs] = [textOf(acme, 'stream'), textOf(other, 'stream')];
  const length = 'tl_stream_'.length + 12;
  expect(directory.authenticate('stream', theirs.slice(0, length) + mine.slice(length))).toBeUndefined();
});

test('the old secret and the new one are valid until the next rotation', async () => {
  const added = addTenant('acme', undefined, 0);
  const second = rotateSecret('acme', 'stream', await store(added), 1);
  const stored = await store(second);
  const texts = [textOf(added, 'stream'), textOf(second, 'stream')];
  const validity = () => texts.map((text) => directory.authenticate('stream', text)?.name);
  expect(validity()).toEqual(['acme', 'acme']);
  await store(rotateSecret('acme', 'stream', stored, 2));
  expect(validity()).toEqual([undefined, 'acme']);
});

test('a live tenant is found by the addresses of its policy', async () => {
  const named = changePolicy(
    'acme',
    { addresses: ['203.0.113.0/24'] },
    await store(addTenant('acme', undefined, 0)),
  );
  const stored = await store(named);
  await store(addTenant('other', undefined, 0));
  const namesAt = (address: string) => directory.findByAddress(address).map(({ name }) => name);
  expect([namesAt('203.0.113.9'), namesAt('203.0.114.9'), namesAt('')]).toEqual([['acme'], [], []]);
  await store(revokeTenant('acme', stored, 1));
  expect(namesAt('203.0.113.9')).toEqual([]);
});

test('a revoked tenant is not found, and its existence still excludes anonymous streams', async () => {
  const added = addTenant('acme', undefined, 0);
  await store(revokeTenant('acme', await store(added), 1));
  expect(directory.find('acme')).toBeUndefined();
  expect(directory.tenants).toEqual([]);
  expect(directory.authenticate('stream', textOf(added, 'stream'))).toBeUndefined();
  expect(directory.isEmpty).toBe(false);
});

test('known tenants stay known while Redis is unavailable, empty, or back without its newest writes', async () => {
  const added = addTenant('acme', undefined, 0);
  const stored = await store(added);
  const older = copies;
  await store(revokeTenant('acme', stored, 1));
  copies = older;
  await directory.reload();
  expect(directory.find('acme')).toBeUndefined();
  copies = {};
  await directory.reload();
  expect(directory.isEmpty).toBe(false);
  const away = new TenantDirectory({ readAll: () => Promise.reject(new Error('away')) });
  await expect(away.reload()).rejects.toThrow('away');
  expect(away.isLoaded).toBe(false);
});

test('an unreadable copy leaves the tenant as it was, and the others too', async () => {
  await store(addTenant('acme', undefined, 0));
  copies = { ...copies, acme: '{"name":', other: '{}' };
  await store(addTenant('third', undefined, 0));
  expect(directory.find('acme')?.name).toBe('acme');
  expect(directory.find('third')?.name).toBe('third');
  await directory.reload();
  expect(unreadable.sort()).toEqual(['acme', 'other']);
});

test('a copy under the name of another tenant is ignored', async () => {
  const { tenant } = addTenant('acme', undefined, 0);
  copies = { other: JSON.stringify(tenant) };
  await directory.reload();
  expect(unreadable).toEqual(['other']);
  expect(directory.isEmpty).toBe(true);
});

test('a tenant of an older version has the defaults of new fields', async () => {
  const { tenant } = addTenant('acme', undefined, 0);
  copies = { acme: JSON.stringify({ ...tenant, policy: { redaction: 'mask' } }) };
  await directory.reload();
  expect(directory.find('acme')?.policy).toEqual({ ...DEFAULT_POLICY, redaction: 'mask' });
});
