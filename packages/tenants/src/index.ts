export { addressSet, isAddressRange, isLoopback, plainAddress, type AddressSet } from './address-range.ts';
export {
  addTenant,
  changePolicy,
  finishRotation,
  revokeTenant,
  rotateSecret,
  type Changed,
} from './change-tenant.ts';
export { hashSecret, randomText, type NewSecret } from './secrets/secret-text.ts';
export {
  secretKind,
  tenant,
  type SecretKind,
  type Tenant,
  type TenantPolicy,
  type TenantSecret,
} from './tenant.ts';
export { createTenantCopy, type TenantCopy } from './tenant-copy.ts';
export { TenantDirectory, type OnUnreadable } from './tenant-directory.ts';
