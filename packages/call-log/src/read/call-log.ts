import { type CallKey } from '@turnlog/call-events';
import { type JoinedEntries } from './joined-entries.ts';
import { type LogEntry } from './joined-entries.ts';

/** A call's log at one moment: its head and a range of its entries. */
export interface CallLog extends LogHead {
  readonly entries: readonly LogEntry[];
  /** The same in one piece, if it was read so: then `entries` is made of it at first use. */
  readonly joined?: JoinedEntries;
}

/** A page of a call's log: a range of limited size, with at least one entry if there is any. */
export interface LogPage extends CallLog {
  /** UTF-8 bytes of its texts. */
  readonly bytes: number;
  /** Whether the log had no further entry at that moment. */
  readonly isLast: boolean;
}

/** The head of a log. */
export interface LogHead {
  readonly call: CallKey;
  /** `undefined` if the call has no log. */
  readonly epoch: string | undefined;
  /** The seq of the newest event. */
  readonly lastSeq: number;
  /** The seq up to which the events are in Postgres. */
  readonly persistedSeq: number;
  /** UTF-8 bytes of the whole log; absent for a log that was started before they were counted. */
  readonly logBytes?: number;
}

/** A page whose entries came in one piece. */
export class JoinedLog implements LogPage {
  readonly call: CallKey;
  readonly epoch: string | undefined;
  readonly lastSeq: number;
  readonly persistedSeq: number;
  readonly logBytes?: number;
  readonly joined: JoinedEntries;
  readonly bytes: number;
  readonly isLast: boolean;
  #entries: readonly LogEntry[] | undefined;

  constructor(
    { call, epoch, lastSeq, persistedSeq, logBytes }: LogHead,
    joined: JoinedEntries,
    isLast = true,
  ) {
    this.call = call;
    this.epoch = epoch;
    this.lastSeq = lastSeq;
    this.persistedSeq = persistedSeq;
    if (logBytes !== undefined) this.logBytes = logBytes;
    this.joined = joined;
    this.bytes = joined.bytes.length;
    this.isLast = isLast;
  }

  get entries(): readonly LogEntry[] {
    return (this.#entries ??= this.joined.entries());
  }
}

/** The seq of the last entry that was read; `undefined` if none was. */
export function lastReadSeq(log: Pick<CallLog, 'joined' | 'entries'>): number | undefined {
  // Does not use the entries of a joined page: that would split it.
  return log.joined?.toSeq ?? log.entries.at(-1)?.seq;
}
