import { type CallKey } from '@turnlog/call-events';
import { type CallLog } from '@turnlog/call-log';

/** Keeps events of one call until Postgres has them. */
export interface RetentionBuffer {
  readonly call: CallKey;
  /** Events that Redis has not acknowledged, or has lost again. */
  readonly pendingEvents: number;
  readonly pendingBytes: number;
  /** Pending events that are not in the spool either. */
  readonly unsafeEvents: number;
  /** The memory of all its events. */
  readonly retainedBytes: number;
  /** When the oldest acknowledged event came, Unix ms. */
  readonly oldestAcknowledgedAtMs: number | undefined;
  /** Forgets acknowledged events, oldest first, as far as they came before a moment. */
  forgetAcknowledgedBefore(atMs: number): void;
  /** Forgets the events that Postgres has according to the call's head; sends the events again that the log has lost. */
  compareWithHead(head: CallLog): void;
  /** Resolves when nothing is pending. Never, once it is abandoned. */
  whenIdle(): Promise<void>;
  /** Copies pending events to the spool; those that it does not take stay in memory. */
  saveToSpool(): Promise<void>;
  /** Stops sending, as the service stops. Returns the number of pending events. */
  abandon(): number;
}
