import { underSource } from '@turnlog/call-events';
import { type RetainedEvent } from './retained-event.ts';

/**
 * The events of one ordered source, by their source sequence: a window that grows at the end when something happens and
 * shrinks at the front when events are safe elsewhere. Sequence numbers are consecutive, so the window is an array and
 * the number of its first event. A mark parts the acknowledged events, which are kept for a Redis that loses them, from
 * the pending ones, which are never let go of.
 */
export class RetainedEvents {
  #events: RetainedEvent[] = [];
  #firstSeq = 1;
  #bytes = 0;
  #pendingFromSeq = 1;
  #pendingBytes = 0;

  /** The source sequence of the oldest event still held; the next one's if none is. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** The source sequence that the next event gets. */
  get nextSeq(): number {
    return this.#firstSeq + this.#events.length;
  }

  /** The source sequence of the oldest pending event; the next one's if none is. */
  get pendingFromSeq(): number {
    return this.#pendingFromSeq;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get pendingCount(): number {
    return this.nextSeq - this.#pendingFromSeq;
  }

  get oldestAcknowledged(): RetainedEvent | undefined {
    return this.#firstSeq < this.#pendingFromSeq ? this.#events[0] : undefined;
  }

  /** The newest event's place in the log was not told, as of a repeat: a head can't show whether it is there. */
  get isNewestUnplaced(): boolean {
    const newest = this.#events.at(-1);
    return newest !== undefined && newest.logSeq === undefined;
  }

  /** The first event to come has this source sequence. For a window that is still empty. */
  startAt(seq: number): void {
    this.#firstSeq = seq;
    this.#pendingFromSeq = seq;
  }

  /** Adds the event whose source sequence is `nextSeq`; it is pending. */
  push(retained: RetainedEvent): void {
    this.#events.push(retained);
    this.#bytes += retained.heldBytes;
    this.#pendingBytes += retained.heldBytes;
  }

  /** The oldest pending events, at most so many and so large, all acknowledged to their sender or none; at least one. */
  batch(limits: { readonly maxEvents: number; readonly maxBytes: number }): RetainedEvent[] {
    const batch: RetainedEvent[] = [];
    let bytes = 0;
    for (let index = this.#pendingFromSeq - this.#firstSeq; index < this.#events.length; index += 1) {
      const retained = this.#events[index];
      if (retained === undefined || batch.length === limits.maxEvents) break;
      bytes += retained.bytes;
      const isAnotherKind = retained.isAcknowledged !== (batch[0] ?? retained).isAcknowledged;
      if (isAnotherKind || (batch.length > 0 && bytes > limits.maxBytes)) break;
      batch.push(retained);
    }
    return batch;
  }

  /** The pending events from a source sequence on; all of them by default. */
  pending(fromSeq = 0): RetainedEvent[] {
    return this.#events.slice(Math.max(fromSeq, this.#pendingFromSeq) - this.#firstSeq);
  }

  /** The oldest pending events, a whole batch, are acknowledged. */
  acknowledge(batch: readonly RetainedEvent[]): void {
    this.#pendingFromSeq += batch.length;
    for (const { heldBytes } of batch) this.#pendingBytes -= heldBytes;
  }

  /** The events from a source sequence on, as far as they are still held, are pending again. */
  pendAgainFrom(seq: number): void {
    this.#pendingFromSeq = Math.max(seq, this.#firstSeq);
    this.#pendingBytes = 0;
    for (const { heldBytes } of this.pending()) this.#pendingBytes += heldBytes;
  }

  /** The places of pending events in the log are void: the log has lost them. */
  forgetLogSeqs(): void {
    for (const retained of this.pending()) retained.logSeq = undefined;
  }

  /** Lets go of all acknowledged events. */
  forgetAcknowledged(): void {
    this.forgetBefore(this.#pendingFromSeq);
  }

  /** Lets go of the acknowledged events up to the newest one that is at `logSeq` or earlier in the log. */
  forgetUpTo(logSeq: number): void {
    for (let seq = this.#pendingFromSeq - 1; seq >= this.#firstSeq; seq -= 1) {
      const known = this.#events[seq - this.#firstSeq]?.logSeq;
      if (known !== undefined && known <= logSeq) {
        this.forgetBefore(seq + 1);
        return;
      }
    }
  }

  /** Lets go of the oldest acknowledged events, one by one, for as long as the condition holds. */
  forgetWhile(condition: (oldest: RetainedEvent) => boolean): void {
    for (
      let oldest = this.oldestAcknowledged;
      oldest !== undefined && condition(oldest);
      oldest = this.oldestAcknowledged
    ) {
      this.forgetBefore(this.#firstSeq + 1);
    }
  }

  /** Gives all events that are held to another source, which counts them from 1; all of them are pending. */
  renumber(source: string): void {
    this.#firstSeq = 1;
    this.#events.forEach((retained, index) => {
      const { event, text, bytes } = underSource(retained, source, index + 1);
      Object.assign(retained, { event, text, bytes });
    });
    this.pendAgainFrom(1);
  }

  /** Lets go of the events before a source sequence. */
  forgetBefore(seq: number): void {
    const gone = this.#events.splice(0, Math.max(0, seq - this.#firstSeq));
    this.#firstSeq += gone.length;
    for (const { heldBytes } of gone) this.#bytes -= heldBytes;
  }
}
