import { describe, expect, test } from '@jest/globals';
import { addTenant, changePolicy, finishRotation, revokeTenant, rotateSecret } from './change-tenant.ts';
import { DEFAULT_POLICY, type Tenant } from './tenant.ts';

const acme = (): Tenant => addTenant('acme', undefined, 0).tenant;
const idsOf = ({ secrets }: Tenant, kind: string) =>
  secrets.filter((secret) => secret.kind === kind).map(({ id }) => id);

describe('adding a tenant', () => {
  test('makes it a secret of each kind', () => {
    const { tenant, created } = addTenant('acme', undefined, 0);
    expect(tenant).toMatchObject({ name: 'acme', revokedAt: null, policy: DEFAULT_POLICY });
    expect(created.map(({ secret }) => secret.kind)).toEqual(['stream', 'api', 'webhook']);
    expect(tenant.secrets).toEqual(created.map(({ secret }) => secret));
  });

  test('is refused if the tenant exists', () => {
    expect(() => addTenant('acme', acme(), 0)).toThrow(expect.objectContaining({ code: 'tenant_exists' }));
  });

  test('brings back a revoked tenant, with its policy and new secrets', () => {
    const before = changePolicy('acme', { maxCalls: 7 }, acme()).tenant;
    const { tenant } = addTenant('acme', revokeTenant('acme', before, 0).tenant, 0);
    expect(tenant).toMatchObject({ revokedAt: null, policy: { maxCalls: 7 } });
    expect(tenant.secrets.some(({ id }) => before.secrets.some((old) => old.id === id))).toBe(false);
  });
});

describe('rotating a secret', () => {
  test('keeps the previous one valid, and no older one', () => {
    const first = acme();
    const second = rotateSecret('acme', 'stream', first, 1);
    const third = rotateSecret('acme', 'stream', second.tenant, 2);
    const [firstId] = idsOf(first, 'stream');
    expect(idsOf(second.tenant, 'stream')).toEqual([firstId, second.created[0]?.secret.id]);
    expect(idsOf(third.tenant, 'stream')).toEqual([
      second.created[0]?.secret.id,
      third.created[0]?.secret.id,
    ]);
    expect(idsOf(third.tenant, 'api')).toEqual(idsOf(first, 'api'));
  });

  test('is finished when only the newest is left', () => {
    const { tenant, created } = rotateSecret('acme', 'api', acme(), 1);
    expect(idsOf(finishRotation('acme', 'api', tenant).tenant, 'api')).toEqual([created[0]?.secret.id]);
    expect(() => finishRotation('acme', 'stream', tenant)).toThrow(
      expect.objectContaining({ code: 'nothing_to_finish' }),
    );
  });
});

test('a revoked tenant has no secrets, and cannot be changed', () => {
  const { tenant } = revokeTenant('acme', acme(), 5);
  expect(tenant).toMatchObject({ secrets: [], revokedAt: '1970-01-01T00:00:00.005Z' });
  const changes = [
    () => revokeTenant('acme', tenant, 6),
    () => rotateSecret('acme', 'stream', tenant, 6),
    () => changePolicy('acme', { maxCalls: 1 }, tenant),
  ];
  for (const change of changes) expect(change).toThrow(expect.objectContaining({ code: 'tenant_revoked' }));
});

test('an unknown tenant can only be added', () => {
  const changes = [
    () => revokeTenant('acme', undefined, 0),
    () => rotateSecret('acme', 'stream', undefined, 0),
    () => finishRotation('acme', 'stream', undefined),
    () => changePolicy('acme', {}, undefined),
  ];
  for (const change of changes) expect(change).toThrow(expect.objectContaining({ code: 'no_such_tenant' }));
});

test('a policy changes only where it is named', () => {
  const { tenant } = changePolicy('acme', { redaction: 'mask', addresses: ['10.0.0.0/8'] }, acme());
  expect(tenant.policy).toEqual({ ...DEFAULT_POLICY, redaction: 'mask', addresses: ['10.0.0.0/8'] });
});
