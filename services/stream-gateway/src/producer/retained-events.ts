import { type KnownEvent } from '@turnlog/call-events';

/**
 * What became of an event. The seq is missing where a repeat is known by its place in its source alone, and while an
 * event is safe in the spool and not yet in Redis.
 */
export type Receipt =
  | {
      readonly status: 'appended' | 'duplicate';
      readonly seq: number | undefined;
      readonly isSpooled?: boolean;
    }
  | { readonly status: 'refused'; readonly reason: 'call_full' | 'call_erased' };

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

/**
 * The events of one ordered source, by their source sequence: a window that grows at the end when something happens and
 * shrinks at the front when events are safe elsewhere. Sequence numbers are consecutive, so the window is an array and
 * the number of its first event.
 */
export class RetainedEvents {
  #events: RetainedEvent[] = [];
  #firstSeq = 1;
  #bytes = 0;

  /** The source sequence of the oldest event still held; the next one's if none is. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** The source sequence that the next event gets. */
  get nextSeq(): number {
    return this.#firstSeq + this.#events.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#events.length;
  }

  /** The first event to come has this source sequence. For a window that is still empty. */
  startAt(seq: number): void {
    this.#firstSeq = seq;
  }

  /** The oldest event still held. */
  get oldest(): RetainedEvent | undefined {
    return this.#events[0];
  }

  /** Adds the event whose source sequence is `nextSeq`. */
  push(retained: RetainedEvent): void {
    this.#events.push(retained);
    this.#bytes += retained.bytes;
  }

  /** The events from a source sequence on, at most so many and so large; at least one if there is one. */
  batchFrom(seq: number, limits: { readonly maxEvents: number; readonly maxBytes: number }): RetainedEvent[] {
    const batch: RetainedEvent[] = [];
    let bytes = 0;
    for (let index = seq - this.#firstSeq; index < this.#events.length; index += 1) {
      const retained = this.#events[index];
      if (retained === undefined || batch.length === limits.maxEvents) break;
      bytes += retained.bytes;
      if (batch.length > 0 && bytes > limits.maxBytes) break;
      batch.push(retained);
    }
    return batch;
  }

  /** The events from a source sequence on. */
  from(seq: number): RetainedEvent[] {
    return this.#events.slice(Math.max(0, seq - this.#firstSeq));
  }

  /** The bytes of the events from a source sequence on. */
  bytesFrom(seq: number): number {
    let bytes = 0;
    for (let index = Math.max(0, seq - this.#firstSeq); index < this.#events.length; index += 1) {
      bytes += this.#events[index]?.bytes ?? 0;
    }
    return bytes;
  }

  /** The source sequence of the newest event before `beforeSeq` that is at `logSeq` or earlier in the log; 0 if none. */
  lastAtOrBefore(logSeq: number, beforeSeq: number): number {
    for (let seq = Math.min(beforeSeq, this.nextSeq) - 1; seq >= this.#firstSeq; seq -= 1) {
      const known = this.#events[seq - this.#firstSeq]?.logSeq;
      if (known !== undefined && known <= logSeq) return seq;
    }
    return 0;
  }

  /** The places of events in the log, from a source sequence on, are void: the log has lost them. */
  forgetLogSeqsFrom(seq: number): void {
    for (const retained of this.from(seq)) retained.logSeq = undefined;
  }

  /** Lets go of all events before a source sequence. */
  forgetBefore(seq: number): void {
    const gone = this.#events.splice(0, Math.max(0, seq - this.#firstSeq));
    this.#firstSeq += gone.length;
    for (const { bytes } of gone) this.#bytes -= bytes;
  }

  /** Gives all events that are held to another source, which counts them from 1. */
  renumber(source: string): void {
    this.#firstSeq = 1;
    this.#events.forEach((retained, index) => {
      retained.event = { ...retained.event, source, sourceSeq: index + 1 };
    });
  }
}
