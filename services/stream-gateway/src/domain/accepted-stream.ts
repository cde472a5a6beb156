import { type Principal } from './principal.ts';
import { type StreamRequest } from './stream-request.ts';

/** What was asked for at a handshake, and by whom. */
export interface AcceptedStream {
  readonly request: StreamRequest;
  readonly principal: Principal;
}
