import { type StreamRequest } from './stream-request.ts';

/** The authenticated client: its tenant owns these calls, whatever a frame or a path claims. */
export interface Principal {
  readonly tenant: string;
  /** The only call that it may stream; undefined allows any call. */
  readonly callSid: string | undefined;
}

/** A stream that was accepted at its handshake. */
export interface AcceptedStream {
  readonly request: StreamRequest;
  readonly principal: Principal;
}
