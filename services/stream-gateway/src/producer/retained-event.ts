import { type KnownEvent } from '@turnlog/call-events';
import { type Receipt } from './receipt.ts';

/** What an event needs while its gateway is answerable for it. */
export interface RetainedEvent {
  /** It changes its source, and its place there, when the rest of a source goes on under another name. */
  event: KnownEvent;
  readonly rememberId: boolean;
  readonly bytes: number;
  /** Its place in the call's log, once Redis has told. */
  logSeq: number | undefined;
  /** Called once, when the event is durable or refused for good. */
  onSettled: ((receipt: Receipt) => void) | undefined;
  isSettled: boolean;
  /** Its copy on the disk, from when that is asked for until Redis has acknowledged the event. */
  spooled: 'asked' | SpoolHold | undefined;
}

/** Where on the disk an event is; to be told when it is needed there no more. */
export interface SpoolHold {
  release(events: number): void;
}
