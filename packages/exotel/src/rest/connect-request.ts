/** The destination of the callee's side: our stream, or a flow of the account. */
export type CallTarget =
  { readonly kind: 'stream'; readonly url: string } | { readonly kind: 'flow'; readonly url: string };

/** A call to place (https://developer.exotel.com/docs/agentstream/connect-voice-ai). */
export interface ConnectRequest {
  /** The number to dial. */
  readonly to: string;
  /** The ExoPhone that the callee sees. */
  readonly callerId: string;
  readonly target: CallTarget;
  /** Returned in callbacks as CustomField; at most 128 characters. */
  readonly reference: string;
  readonly statusCallbackUrl?: string;
  readonly record?: boolean;
  /** `dual` has each party on its own channel. */
  readonly recordingChannels?: 'single' | 'dual';
  /** At most 14,400. */
  readonly timeLimitSeconds?: number;
}

/**
 * The form of `Calls/connect`. `From` is the dialled number: the API's name for the party that is called
 * first.
 */
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
