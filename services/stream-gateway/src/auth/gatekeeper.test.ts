import { expect, test } from '@jest/globals';
import { addTenant, addressSet, TenantDirectory, type Tenant } from '@turnlog/tenants';
import { Gatekeeper } from './gatekeeper.ts';

async function gatekeeperWith(tenants: readonly Tenant[] | undefined): Promise<Gatekeeper> {
  const copies = Object.fromEntries((tenants ?? []).map((tenant) => [tenant.name, JSON.stringify(tenant)]));
  const directory = new TenantDirectory({ readAll: () => Promise.resolve(copies) });
  if (tenants !== undefined) await directory.reload();
  const tokens = { take: () => Promise.resolve(undefined) };
  return new Gatekeeper({
    ...{ directory, tokens, authenticate: 'auto', openTenant: 'default' },
    ...{ proxies: addressSet([]), allowedOrigins: [] },
  });
}

const acme = addTenant('acme', undefined, 0).tenant;

test.each([
  ['127.0.0.1', undefined],
  ['127.9.8.7', undefined],
  ['::1', undefined],
  ['::ffff:127.0.0.1', undefined],
  ['10.0.0.7', 'not_local'],
  ['::ffff:10.0.0.7', 'not_local'],
  ['fe80::1%eth0', 'not_local'],
  [undefined, 'not_local'],
])('without a tenant only this machine is served: the peer %s', async (address, reason) => {
  expect((await gatekeeperWith([])).refusePeer(address)?.reason).toBe(reason);
});

test('before the tenants are read a peer of another machine receives not_ready', async () => {
  const gatekeeper = await gatekeeperWith(undefined);
  expect(gatekeeper.refusePeer('10.0.0.7')?.reason).toBe('not_ready');
  expect(gatekeeper.refusePeer('127.0.0.1')).toBeUndefined();
});

test('with a tenant every peer may show its credentials', async () => {
  expect((await gatekeeperWith([acme])).refusePeer('10.0.0.7')).toBeUndefined();
});
