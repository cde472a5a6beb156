import { type CallReport } from './call-report.ts';
import { type Drop } from './call-plan.ts';

/** A call in progress, seen from Exotel's side. */
export interface SimulatedCall {
  readonly callSid: string;
  readonly streamSid: string;
  /** True once the socket is open, false if it never opened (`finished` says why). Never rejects. */
  readonly connected: Promise<boolean>;
  /** What passed, once the call is over however it ended. A half-open call is over when it falls silent. */
  readonly finished: Promise<CallReport>;
  /** The caller hangs up: `stop`, then a close. Does nothing on a call that is over. */
  hangUp(reason?: string): void;
  /** The call is cut. `terminate` also ends the socket of a half-open call, which otherwise stays open. */
  drop(how: Drop): void;
  /** The caller presses a key. Throws on a one-way stream, which has none. */
  sendDtmf(digit: string, durationMs?: number): void;
}
