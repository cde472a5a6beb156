import { type EncodedHeader } from '@turnlog/call-events';
import { type AppendResult } from '@turnlog/call-log';
import { type DeliveryResult } from '../delivery-options.ts';
import { isErased } from '../loop/append-batch.ts';
import { type Unacknowledged } from '../loop/spool-copies.ts';

/** An event that a producer has not forgotten yet. */
export interface ProducedEvent extends Unacknowledged {
  /** These three change when its source continues under another name. */
  event: EncodedHeader;
  text: string;
  bytes: number;
  /** The memory that it takes. */
  readonly heldBytes: number;
  /** Its seq in the log, where that is known. */
  logSeq: number | undefined;
  /** Called once, with its result. */
  onResult: ((result: DeliveryResult) => void) | undefined;
  /** The result that its sender received. */
  result: DeliveryResult | undefined;
  /** It was refused as a conflict: it stays out of the log even if Redis loses the report that it contradicts. */
  isRefused: boolean;
}

/** The result of an event whose copy is in the spool. */
export const SPOOLED: DeliveryResult = { status: 'appended', seq: undefined, isSpooled: true };

/** The result of an event for its sender. */
export function resultOf(result: AppendResult, event: ProducedEvent, isRetry: boolean): DeliveryResult {
  if (result.status === 'refused') return result;
  // A duplicate that is known by its source sequence alone is our own resend: for the sender it is the first result.
  const isResend = result.status === 'duplicate' && isRetry && !event.rememberId;
  return { status: isResend ? 'appended' : result.status, seq: result.seq };
}

/** Whether the event was acknowledged to its sender: no limit keeps it out of the log any more. */
export function isAcknowledged({ result }: ProducedEvent): boolean {
  return result !== undefined && result.status !== 'refused';
}

/** The event was refused for lack of room, or as a conflict; an acknowledged event is taken nevertheless. */
export function isFull(result: AppendResult): boolean {
  return result.status === 'refused' && !isErased(result);
}
