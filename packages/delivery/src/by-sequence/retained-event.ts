import { type SpoolHold, type Receipt } from '../delivery-options.ts';
import { type EncodedHeader } from '@turnlog/call-events';
import { type NewEvent } from '@turnlog/call-log';
import { heldBytesOf } from '../retention/held-bytes.ts';

/** What an event needs while its gateway is answerable for it. */
export interface RetainedEvent extends NewEvent {
  /** Its source and its place there change when the rest of a source goes on under another name, and its text with them. */
  event: EncodedHeader;
  text: string;
  bytes: number;
  /** The memory that it takes here. */
  readonly heldBytes: number;
  /** Its place in the call's log, once Redis has told. */
  logSeq: number | undefined;
  /** Called once, when the event is durable or refused for good. */
  onSettled: ((receipt: Receipt) => void) | undefined;
  isSettled: boolean;
  /** Its sender was told that it is stored: from then on no limit keeps it out of the log. */
  isAcknowledged: boolean;
  /** Its sender was told that it is a conflict: it stays out of the log, also when Redis has lost what it contradicts. */
  isRefused: boolean;
  /** Its copy on the disk, from when that is asked for until Redis has acknowledged the event. */
  spooled: 'asked' | SpoolHold | undefined;
}

/** An event that a gateway has just become answerable for. */
export function toRetained(
  newEvent: NewEvent,
  known: Pick<Partial<RetainedEvent>, 'onSettled' | 'isSettled' | 'isAcknowledged' | 'spooled'>,
): RetainedEvent {
  return {
    ...newEvent,
    heldBytes: heldBytesOf(newEvent),
    logSeq: undefined,
    onSettled: undefined,
    isSettled: false,
    isAcknowledged: false,
    isRefused: false,
    spooled: undefined,
    ...known,
  };
}
