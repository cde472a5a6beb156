/** Why a tenant cannot be changed. */
export type TenantErrorCode = 'tenant_exists' | 'no_such_tenant' | 'tenant_revoked' | 'nothing_to_finish';

/** An error with a sentence for the operator. */
export class TenantError extends Error {
  override readonly name = 'TenantError';
  readonly code: TenantErrorCode;

  constructor(code: TenantErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
