import { type CallKey } from '@turnlog/call-events';
import { type CallLog } from '@turnlog/call-log';

/** Whoever answers for events of one call until they are in Postgres. */
export interface EventHolder {
  readonly call: CallKey;
  /** Events that Redis has not acknowledged, or has lost again. */
  readonly pendingEvents: number;
  readonly pendingBytes: number;
  /** Pending events that are not on the disk either. */
  readonly unsafeEvents: number;
  /** Of all events that are held. */
  readonly retainedBytes: number;
  /** When the oldest event came that is kept although it is acknowledged, Unix ms. */
  readonly oldestAcknowledgedAtMs: number | undefined;
  /** Lets go of acknowledged events that came before a moment, until one that didn't. */
  forgetAcknowledgedBefore(atMs: number): void;
  /** Lets go of what the call's head says is in Postgres; sends again what the head shows to be lost. */
  compareWithHead(head: CallLog): void;
  /** Resolves when nothing is pending. Never, once the rest was abandoned. */
  whenIdle(): Promise<void>;
  /** Puts on the disk what is pending; what can't be put there stays in memory. */
  saveToSpool(): Promise<void>;
  /** Gives up on what is pending: the service is going down. Returns the number of such events. */
  abandon(): number;
}
