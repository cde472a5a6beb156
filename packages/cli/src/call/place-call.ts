import { type CarrierStore } from '@turnlog/call-store';
import { type CarrierReport, type ConnectRequest, type ExotelApi } from '@turnlog/exotel';

/** What came of a call that was to be placed. */
export type Placed =
  | { readonly outcome: 'placed'; readonly reference: string; readonly report: CarrierReport }
  | { readonly outcome: 'refused'; readonly reference: string; readonly reason: string }
  | { readonly outcome: 'may_exist'; readonly reference: string; readonly reason: string };

export interface PlaceCallOptions {
  readonly api: Pick<ExotelApi, 'connect'>;
  readonly store: Pick<CarrierStore, 'recordPlacement' | 'savePlacement'>;
  readonly tenant: string;
  readonly request: ConnectRequest;
  /** Told when the list could not be brought up to date after the request: the reconciler will find the call. */
  readonly onUnsaved: (error: unknown) => void;
}

/** When the reconciler looks for a call of which nobody has said anything by then. */
const LOOK_AFTER_MS = 120_000;

/**
 * Places a call, once. That it is about to be placed is in Postgres before the carrier hears of it, so that a call that
 * may exist is looked for whoever dies meanwhile.
 */
export async function placeCall(options: PlaceCallOptions): Promise<Placed> {
  const { api, store, tenant, request, onUnsaved } = options;
  const { reference, to: dialled, callerId } = request;
  await store.recordPlacement({ reference, tenant, dialled, callerId, dueInMs: LOOK_AFTER_MS });
  const connected = await api.connect(request);
  const save = (state: Parameters<CarrierStore['savePlacement']>[1]) =>
    store.savePlacement(reference, state).catch(onUnsaved);
  switch (connected.outcome) {
    case 'placed':
      await save({ state: 'placed', callSid: connected.report.callSid });
      return { ...connected, reference };
    case 'refused':
      await save({ state: 'refused', problem: connected.reason });
      return { ...connected, reference };
    case 'may_exist':
      await save({ state: 'may_exist', problem: connected.reason, dueInMs: LOOK_AFTER_MS, checks: 0 });
      return { ...connected, reference };
  }
}
