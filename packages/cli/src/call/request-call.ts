import type { CarrierStore } from '@turnlog/call-store';
import type { ConnectRequest, ExotelApi } from '@turnlog/exotel';

export interface CallRequestOptions {
  readonly api: Pick<ExotelApi, 'connect'>;
  readonly store: Pick<CarrierStore, 'recordPlacement' | 'savePlacement'>;
  readonly tenant: string;
  readonly request: ConnectRequest;
  /** Called when the placement could not be updated after the request: the reconciler will find the call. */
  readonly onUnsaved: (error: unknown) => void;
}

/** When the reconciler looks for a call that has not been reported by then. */
const LOOK_AFTER_MS = 120_000;

/**
 * Requests a call from the carrier, once. The placement is in Postgres before the request is sent, so that the
 * reconciler looks for a call that may exist even if this process dies.
 */
export async function requestCall(options: CallRequestOptions): ReturnType<ExotelApi['connect']> {
  const { api, store, tenant, request, onUnsaved } = options;
  const { reference, to: dialled, callerId } = request;
  await store.recordPlacement({ reference, tenant, dialled, callerId, dueInMs: LOOK_AFTER_MS });
  const connected = await api.connect(request);
  const save = (state: Parameters<CarrierStore['savePlacement']>[1]) =>
    store.savePlacement(reference, state).catch(onUnsaved);
  switch (connected.outcome) {
    case 'placed':
      await save({ state: 'placed', callSid: connected.report.callSid });
      break;
    case 'refused':
      await save({ state: 'refused', problem: connected.reason });
      break;
    case 'may_exist':
      await save({ state: 'may_exist', problem: connected.reason, dueInMs: LOOK_AFTER_MS, checks: 0 });
  }
  return connected;
}
