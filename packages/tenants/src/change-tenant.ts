import { createSecret, type NewSecret } from './secrets/secret-text.ts';
import {
  DEFAULT_POLICY,
  MAX_SECRETS_OF_A_KIND,
  secretKind,
  type SecretKind,
  type Tenant,
  type TenantPolicy,
  type TenantSecret,
} from './tenant.ts';

/** Why a tenant cannot be changed. */
type TenantErrorCode = 'tenant_exists' | 'no_such_tenant' | 'tenant_revoked' | 'nothing_to_finish';

/** An error with a sentence for the operator. */
class TenantError extends Error {
  override readonly name = 'TenantError';
  readonly code: TenantErrorCode;

  constructor(code: TenantErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/*
 * The changes of a tenant. Each takes the stored tenant, or nothing if there is none, and throws a
 * TenantError if it is not possible. The store counts the revision.
 */

/** A changed tenant, and its new secrets, which are known only now. */
export interface Changed {
  readonly tenant: Tenant;
  readonly created: readonly NewSecret[];
}

/** A new tenant with a secret of each kind. A revoked one comes back, with new secrets alone. */
export function addTenant(name: string, current: Tenant | undefined, nowMs: number): Changed {
  if (current?.revokedAt === null) {
    throw new TenantError(
      'tenant_exists',
      `There is a tenant "${name}" already; "tenants rotate ${name} --kind stream" makes it a new secret.`,
    );
  }
  const created = secretKind.options.map((kind) => createSecret(kind, nowMs));
  const secrets = created.map(({ secret }) => secret);
  const { policy = DEFAULT_POLICY, revision = 0 } = current ?? {};
  return { tenant: { name, revision, secrets, policy, revokedAt: null }, created };
}

/** Another secret of a kind; the newest of the others stays valid beside it. */
export function rotateSecret(
  name: string,
  kind: SecretKind,
  current: Tenant | undefined,
  nowMs: number,
): Changed {
  const live = requireLive(name, current);
  const created = createSecret(kind, nowMs);
  const [others, ofKind] = split(live, kind);
  const kept = [...ofKind, created.secret].slice(-MAX_SECRETS_OF_A_KIND);
  return { tenant: { ...live, secrets: [...others, ...kept] }, created: [created] };
}

/** The end of a rotation: only the newest secret of a kind stays valid. */
export function finishRotation(name: string, kind: SecretKind, current: Tenant | undefined): Changed {
  const live = requireLive(name, current);
  const [others, ofKind] = split(live, kind);
  if (ofKind.length < 2) {
    throw new TenantError('nothing_to_finish', `Tenant "${name}" has one ${kind} secret, and no older one.`);
  }
  return { tenant: { ...live, secrets: [...others, ...ofKind.slice(-1)] }, created: [] };
}

/** The tenant cannot authenticate any more. Its records stay. */
export function revokeTenant(name: string, current: Tenant | undefined, nowMs: number): Changed {
  const live = requireLive(name, current);
  return { tenant: { ...live, secrets: [], revokedAt: new Date(nowMs).toISOString() }, created: [] };
}

/** Changes the named fields of the policy. */
export function changePolicy(
  name: string,
  policy: Partial<TenantPolicy>,
  current: Tenant | undefined,
): Changed {
  const live = requireLive(name, current);
  return { tenant: { ...live, policy: { ...live.policy, ...policy } }, created: [] };
}

function requireLive(name: string, current: Tenant | undefined): Tenant {
  if (current === undefined) {
    throw new TenantError('no_such_tenant', `There is no tenant "${name}"; "tenants list" has them all.`);
  }
  if (current.revokedAt !== null) {
    const message = `Tenant "${name}" was revoked at ${current.revokedAt}; "tenants add ${name}" brings it back.`;
    throw new TenantError('tenant_revoked', message);
  }
  return current;
}

/** The secrets of other kinds, and those of this kind, the oldest first. */
function split({ secrets }: Tenant, kind: SecretKind): [TenantSecret[], TenantSecret[]] {
  return [secrets.filter((each) => each.kind !== kind), secrets.filter((each) => each.kind === kind)];
}
