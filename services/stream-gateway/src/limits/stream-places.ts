import { type TenantDirectory } from '@turnlog/tenants';
import { type Principal } from '../domain/principal.ts';
import { problem, type Answer } from '../http/answers/answer.ts';
import { type CallSlots } from './call-slots.ts';
import { Counts } from './counts.ts';

/** A place for one stream, or why there is none. */
export type Place =
  | { readonly ok: true; readonly leave: () => void }
  | { readonly ok: false; readonly reason: string; readonly answer: Answer };

export interface StreamPlacesOptions {
  readonly directory: TenantDirectory;
  readonly slots: CallSlots;
  readonly maxPerAddress: number;
  readonly maxPerTenant: number;
  readonly newId: () => string;
  /** Told of a call that is over, of which Redis could not be told. */
  readonly onNotReleased: (error: unknown) => void;
}

/** 503 with `Retry-After`: a carrier's next try may find a place, here or at another gateway. */
const RETRY_AFTER = { 'retry-after': '2' };

/** How many streams an address and a tenant may have on this gateway, and how many calls a tenant on all of them. */
export class StreamPlaces {
  readonly #options: StreamPlacesOptions;
  readonly #ofAddress: Counts;
  readonly #ofTenant: Counts;

  constructor(options: StreamPlacesOptions) {
    this.#options = options;
    this.#ofAddress = new Counts(options.maxPerAddress);
    this.#ofTenant = new Counts(options.maxPerTenant);
  }

  /** Takes a place. An unlimited `address` is one that says nothing of who is behind it. */
  async take({ tenant }: Principal, address: string | undefined): Promise<Place> {
    const leaveAddress = address === undefined ? () => undefined : this.#ofAddress.take(address);
    if (leaveAddress === undefined)
      return full('address_full', 'this address has as many streams as one may have');
    const leaveTenant = this.#ofTenant.take(tenant);
    const leave = (): void => {
      leaveAddress();
      leaveTenant?.();
    };
    if (leaveTenant === undefined) {
      leave();
      return full('tenant_full', 'the tenant has as many streams on this gateway as one may have');
    }
    return this.#takeSlot(tenant, leave);
  }

  async #takeSlot(tenant: string, leave: () => void): Promise<Place> {
    const { directory, slots, newId, onNotReleased } = this.#options;
    const maxCalls = directory.find(tenant)?.policy.maxCalls ?? null;
    if (maxCalls === null) return { ok: true, leave };
    const id = newId();
    const isTaken = await slots.take(tenant, id, maxCalls).catch(() => undefined);
    if (isTaken !== true) leave();
    if (isTaken === undefined) return full('not_ready', 'this gateway can not count calls right now');
    if (!isTaken)
      return full('too_many_calls', `the tenant has ${maxCalls} calls at once, and may have no more`);
    return {
      ok: true,
      leave: () => {
        leave();
        slots.release(tenant, id).catch(onNotReleased);
      },
    };
  }
}

function full(reason: string, message: string): Place {
  return { ok: false, reason, answer: problem(503, reason, message, RETRY_AFTER) };
}
