import { type TenantDirectory } from '@turnlog/tenants';
import { type Principal } from '../domain/principal.ts';
import { type CallSlots } from './call-slots.ts';
import { Counts } from './counts.ts';

/** A slot for one stream. */
export interface StreamSlot {
  readonly ok: true;
  readonly release: () => void;
}

/** The quota that has no slot left, or `not_ready` while the calls of the tenant can't be counted. */
export interface QuotaRefusal {
  readonly ok: false;
  readonly reason: 'address_full' | 'tenant_full' | 'too_many_calls' | 'not_ready';
}

export interface StreamQuotasOptions {
  readonly directory: TenantDirectory;
  readonly slots: CallSlots;
  readonly maxPerAddress: number;
  readonly maxPerTenant: number;
  readonly newId: () => string;
  /** Called when Redis could not be asked to release the slot of a call that is over. */
  readonly onNotReleased: (error: unknown) => void;
}

/** How many streams an address and a tenant may have on this gateway, and how many calls a tenant on all of them. */
export class StreamQuotas {
  readonly #options: StreamQuotasOptions;
  readonly #ofAddress: Counts;
  readonly #ofTenant: Counts;

  constructor(options: StreamQuotasOptions) {
    this.#options = options;
    this.#ofAddress = new Counts(options.maxPerAddress);
    this.#ofTenant = new Counts(options.maxPerTenant);
  }

  /** Takes a slot. Without an `address` only the tenant is limited. */
  async take({ tenant }: Principal, address: string | undefined): Promise<StreamSlot | QuotaRefusal> {
    const leaveAddress = address === undefined ? () => undefined : this.#ofAddress.take(address);
    if (leaveAddress === undefined) return { ok: false, reason: 'address_full' };
    const leaveTenant = this.#ofTenant.take(tenant);
    const release = (): void => {
      leaveAddress();
      leaveTenant?.();
    };
    if (leaveTenant === undefined) {
      release();
      return { ok: false, reason: 'tenant_full' };
    }
    return this.#takeCallSlot(tenant, release);
  }

  async #takeCallSlot(tenant: string, release: () => void): Promise<StreamSlot | QuotaRefusal> {
    const { directory, slots, newId, onNotReleased } = this.#options;
    const maxCalls = directory.find(tenant)?.policy.maxCalls ?? null;
    if (maxCalls === null) return { ok: true, release };
    const id = newId();
    const isTaken = await slots.take(tenant, id, maxCalls).catch(() => undefined);
    if (isTaken !== true) release();
    if (isTaken === undefined) return { ok: false, reason: 'not_ready' };
    if (!isTaken) return { ok: false, reason: 'too_many_calls' };
    return {
      ok: true,
      release: () => {
        release();
        slots.release(tenant, id).catch(onNotReleased);
      },
    };
  }
}
