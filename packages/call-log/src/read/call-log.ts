import { type CallKey } from '@turnlog/call-events';
import { type JoinedEntries } from './joined-entries.ts';
import { type LogEntry } from './log-entry.ts';

/** A call's log at one moment: what its head says, and a stretch of its entries. */
export interface CallLog extends LogHead {
  readonly entries: readonly LogEntry[];
  /** The same in one piece, where they came so: then `entries` is made of it when it is first asked for. */
  readonly joined?: JoinedEntries;
}

/** What the head of a log says. */
export interface LogHead {
  readonly call: CallKey;
  /** `undefined` when the call has no log (any more). */
  readonly epoch: string | undefined;
  /** The seq of the newest event. */
  readonly lastSeq: number;
  /** Up to which seq the events are known to be in Postgres. */
  readonly persistedSeq: number;
}

/** A log whose entries came in one piece. */
export class JoinedLog implements CallLog {
  readonly call: CallKey;
  readonly epoch: string | undefined;
  readonly lastSeq: number;
  readonly persistedSeq: number;
  readonly joined: JoinedEntries;
  #entries: readonly LogEntry[] | undefined;

  constructor({ call, epoch, lastSeq, persistedSeq }: LogHead, joined: JoinedEntries) {
    this.call = call;
    this.epoch = epoch;
    this.lastSeq = lastSeq;
    this.persistedSeq = persistedSeq;
    this.joined = joined;
  }

  get entries(): readonly LogEntry[] {
    return (this.#entries ??= this.joined.entries());
  }
}
