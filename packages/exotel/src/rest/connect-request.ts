/** Where the callee's side of a call goes: to our stream, or into a flow of the account. */
export type CallTarget =
  { readonly kind: 'stream'; readonly url: string } | { readonly kind: 'flow'; readonly url: string };

/** A call that is to be placed (https://developer.exotel.com/docs/agentstream/connect-voice-ai). */
export interface ConnectRequest {
  /** The number to dial. */
  readonly to: string;
  /** The ExoPhone that is shown to the callee. */
  readonly callerId: string;
  readonly target: CallTarget;
  /** Comes back in callbacks as CustomField; at most 128 characters. */
  readonly reference: string;
  readonly statusCallbackUrl?: string;
  readonly record?: boolean;
  /** `dual` has each party on a channel of its own. */
  readonly recordingChannels?: 'single' | 'dual';
  /** At most 14,400. */
  readonly timeLimitSeconds?: number;
}

/** The form of `Calls/connect`. `From` is the number that is dialled: the API's word for who is called first. */
export function connectForm(request: ConnectRequest): URLSearchParams {
  const { to, callerId, target, reference, statusCallbackUrl, record, recordingChannels, timeLimitSeconds } =
    request;
  const form = new URLSearchParams({ From: to, CallerId: callerId, CustomField: reference });
  if (target.kind === 'stream') {
    form.set('StreamUrl', target.url);
    form.set('StreamType', 'bidirectional');
  } else form.set('Url', target.url);
  if (record === true) form.set('Record', 'true');
  if (record === true && recordingChannels !== undefined) form.set('RecordingChannels', recordingChannels);
  if (timeLimitSeconds !== undefined) form.set('TimeLimit', String(timeLimitSeconds));
  if (statusCallbackUrl !== undefined) {
    form.set('StatusCallback', statusCallbackUrl);
    form.set('StatusCallbackContentType', 'application/json');
    for (const event of ['answered', 'terminal']) form.append('StatusCallbackEvents[]', event);
  }
  return form;
}
