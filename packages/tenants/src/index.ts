export { addressSet, isAddressRange, plainAddress, type AddressSet } from './address-range.ts';
export {
  addTenant,
  changePolicy,
  finishRotation,
  revokeTenant,
  rotateSecret,
  type Changed,
} from './change-tenant.ts';
export { TenantError, type TenantErrorCode } from './errors.ts';
export { matchesSecret } from './secrets/matches-secret.ts';
export { createSecret, hashSecret, randomText, secretIdOf, type NewSecret } from './secrets/secret-text.ts';
export {
  decodeTenant,
  DEFAULT_POLICY,
  MAX_SECRETS_OF_A_KIND,
  secretKind,
  tenant,
  type SecretKind,
  type Tenant,
  type TenantPolicy,
  type TenantSecret,
} from './tenant.ts';
export { createTenantCopy, type TenantCopy } from './tenant-copy.ts';
export { TenantDirectory, type OnUnreadable } from './tenant-directory.ts';
