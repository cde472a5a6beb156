import { type CallKey } from '@turnlog/call-events';
import { type JoinedEntries } from './joined-entries.ts';
import { type LogEntry } from './log-entry.ts';

/** A call's log at one moment: what its head says, and a stretch of its entries. */
export interface CallLog extends LogHead {
  readonly entries: readonly LogEntry[];
  /** The same in one piece, where they came so: then `entries` is made of it when it is first asked for. */
  readonly joined?: JoinedEntries;
}

/** A page of a call's log: a stretch of limited size, and at least one entry where there is any. */
export interface LogPage extends CallLog {
  /** Of its texts, in UTF-8. */
  readonly bytes: number;
  /** Whether the log had no further entry at that moment. */
  readonly isLast: boolean;
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
  /** The size of the whole log in UTF-8; absent for a log that was begun before it was counted. */
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

/** The seq of the last entry that was read; `undefined` when none was. */
export function lastReadSeq(log: Pick<CallLog, 'joined' | 'entries'>): number | undefined {
  // The entries of a joined page are not asked for: that would take it apart.
  return log.joined?.toSeq ?? log.entries.at(-1)?.seq;
}
