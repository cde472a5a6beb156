import { callId, type CallKey } from '@turnlog/call-events';
import { KeyedRates } from './keyed-rates.ts';

export interface ReportRateLimits {
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly tenantEventsPerSecond: number;
  readonly tenantBytesPerSecond: number;
  readonly addressBytesPerSecond: number;
  /** The largest request, which has to fit at some time. */
  readonly maxRequest: { readonly events: number; readonly bytes: number };
}

/** The size of a client's report. */
export interface ReportedAmount {
  readonly call: CallKey;
  /** Where it comes from, where that is known. */
  readonly address: string | undefined;
  readonly events: number;
  readonly bytes: number;
}

/** Which limit is reached, and when there is room again. */
export interface TooFast {
  readonly waitMs: number;
  readonly limit: string;
}

/** How fast may be reported, in events and in bytes: of a call, by a tenant, and from an address. */
export class ReportRates {
  readonly #perSecond: ReportRateLimits;
  readonly #callEvents: KeyedRates;
  readonly #callBytes: KeyedRates;
  readonly #tenantEvents: KeyedRates;
  readonly #tenantBytes: KeyedRates;
  readonly #addressBytes: KeyedRates;

  constructor(limits: ReportRateLimits) {
    const { events, bytes } = limits.maxRequest;
    const ratesOf = (perSecond: number, burst: number) => new KeyedRates({ perSecond, burst });
    this.#perSecond = limits;
    this.#callEvents = ratesOf(limits.eventsPerSecond, events);
    this.#callBytes = ratesOf(limits.bytesPerSecond, bytes);
    this.#tenantEvents = ratesOf(limits.tenantEventsPerSecond, events);
    this.#tenantBytes = ratesOf(limits.tenantBytesPerSecond, bytes);
    this.#addressBytes = ratesOf(limits.addressBytesPerSecond, bytes);
  }

  /** Counts a request over HTTP, or returns the limit that it exceeds and counts nothing. */
  takeRequest({ call, address = '', events, bytes }: ReportedAmount, nowMs: number): TooFast | undefined {
    const callName = callId(call);
    const { eventsPerSecond, bytesPerSecond } = this.#perSecond;
    return this.#take(
      [
        [this.#callEvents, callName, events, `a call may report ${eventsPerSecond} events a second`],
        [this.#callBytes, callName, bytes, `a call may report ${bytesPerSecond} bytes a second`],
        ...this.#ofTenant(call.tenant, events, bytes),
        [
          this.#addressBytes,
          address,
          address === '' ? 0 : bytes,
          `an address may send ${this.#perSecond.addressBytesPerSecond} bytes a second`,
        ],
      ],
      nowMs,
    );
  }

  /** The same for one message on an agent's socket, whose call is measured there. */
  takeMessage(tenant: string, bytes: number, nowMs: number): TooFast | undefined {
    return this.#take(this.#ofTenant(tenant, 1, bytes), nowMs);
  }

  #ofTenant(tenant: string, events: number, bytes: number): Demand[] {
    const { tenantEventsPerSecond, tenantBytesPerSecond } = this.#perSecond;
    return [
      [this.#tenantEvents, tenant, events, `a tenant may report ${tenantEventsPerSecond} events a second`],
      [this.#tenantBytes, tenant, bytes, `a tenant may report ${tenantBytesPerSecond} bytes a second`],
    ];
  }

  #take(demands: readonly Demand[], nowMs: number): TooFast | undefined {
    for (const [rates, key, amount, limit] of demands) {
      const waitMs = rates.waitMs(key, amount, nowMs);
      if (waitMs > 0) return { waitMs, limit };
    }
    for (const [rates, key, amount] of demands) if (amount > 0) rates.take(key, amount, nowMs);
    return undefined;
  }
}

type Demand = readonly [rates: KeyedRates, key: string, amount: number, limit: string];
