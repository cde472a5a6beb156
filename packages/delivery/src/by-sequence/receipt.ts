import { type Receipt } from '../delivery-options.ts';
import { type AppendResult } from '@turnlog/call-log';
import { type RetainedEvent } from './retained-event.ts';

/** The receipt of an event whose copy is on the disk. */
export const SPOOLED: Receipt = { status: 'appended', seq: undefined, isSpooled: true };

/** What whoever sent an event is told of its append. */
export function receiptOf(result: AppendResult, retained: RetainedEvent, wasRetried: boolean): Receipt {
  if (result.status === 'refused') return result;
  // Known by its place alone, the repeat is our own: to whoever sent the event, this is its first answer.
  const isOwnRepeat = result.status === 'duplicate' && wasRetried && !retained.rememberId;
  return { status: isOwnRepeat ? 'appended' : result.status, seq: result.seq };
}

/** Tells what became of an event, once: one that Redis had lost was settled long before it was sent again. */
export function settle(
  retained: RetainedEvent,
  receipt: Receipt,
  observer: { onSettled(receipt: Receipt): void },
): void {
  if (retained.isSettled) return;
  retained.isSettled = true;
  retained.isAcknowledged = receipt.status !== 'refused';
  retained.isRefused = receipt.status === 'refused' && receipt.reason === 'conflict';
  const { onSettled } = retained;
  retained.onSettled = undefined;
  observer.onSettled(receipt);
  onSettled?.(receipt);
}

/** There was no room for the event, or another one in its place: as one that was acknowledged before it is taken. */
export function isFull(result: AppendResult): boolean {
  return result.status === 'refused' && result.reason !== 'call_erased';
}

/** Nothing of the call may be stored any more. */
export function isErased(result: AppendResult): boolean {
  return result.status === 'refused' && result.reason === 'call_erased';
}
