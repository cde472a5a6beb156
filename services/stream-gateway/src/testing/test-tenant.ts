import { addTenant, rotateSecret, type SecretKind, type Tenant, type TenantPolicy } from '@turnlog/tenants';

/** A tenant as it was added, with the texts of its secrets. */
export interface TestTenant {
  readonly tenant: Tenant;
  readonly secrets: Readonly<Record<SecretKind, string>>;
}

/** A tenant that nothing stores by itself. */
export function testTenant(name: string, policy: Partial<TenantPolicy> = {}): TestTenant {
  const { tenant, created } = addTenant(name, undefined, Date.now());
  const secrets = Object.fromEntries(created.map(({ text, secret }) => [secret.kind, text]));
  return {
    tenant: { ...tenant, revision: 1, policy: { ...tenant.policy, ...policy } },
    secrets: secrets as Record<SecretKind, string>,
  };
}

/** The same tenant with one more secret of a kind. */
export function rotated({ tenant, secrets }: TestTenant, kind: SecretKind): TestTenant {
  const changed = rotateSecret(tenant.name, kind, tenant, Date.now());
  const text = changed.created[0]?.text ?? '';
  return {
    tenant: { ...changed.tenant, revision: tenant.revision + 1 },
    secrets: { ...secrets, [kind]: text },
  };
}
