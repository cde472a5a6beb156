import { underSource } from '@turnlog/call-events';
import { takeBatch } from '../loop/append-batch.ts';
import { isAcknowledged, type ProducedEvent } from './delivery-result.ts';

/**
 * The events of one ordered source by source sequence: acknowledged ones, which are kept for a Redis that loses them,
 * and behind them the pending ones, which are never forgotten. Sequences are consecutive, so the window is an array and
 * the sequence of its first event.
 */
export class EventWindow {
  #events: ProducedEvent[] = [];
  #firstSeq = 1;
  #bytes = 0;
  #pendingFromSeq = 1;
  #pendingBytes = 0;

  /** The source sequence of the oldest event; of the next one where there is none. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** The source sequence of the next event. */
  get nextSeq(): number {
    return this.#firstSeq + this.#events.length;
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

  get oldestAcknowledged(): ProducedEvent | undefined {
    return this.#firstSeq < this.#pendingFromSeq ? this.#events[0] : undefined;
  }

  /** The seq of the newest event is not known, as of a duplicate: the head can't show whether the log has it. */
  get isNewestUnplaced(): boolean {
    const newest = this.#events.at(-1);
    return newest !== undefined && newest.logSeq === undefined;
  }

  /** Sets the source sequence of the first event. For an empty window. */
  startAt(seq: number): void {
    this.#firstSeq = seq;
    this.#pendingFromSeq = seq;
  }

  /** Adds the event whose source sequence is `nextSeq`; it is pending. */
  push(event: ProducedEvent): void {
    this.#events.push(event);
    this.#bytes += event.heldBytes;
    this.#pendingBytes += event.heldBytes;
  }

  /** The oldest pending events for one append: all of them are acknowledged, or none is. */
  batch(): ProducedEvent[] {
    return takeBatch(this.#pendingEvents(), (a, b) => isAcknowledged(a) === isAcknowledged(b));
  }

  pending(): ProducedEvent[] {
    return [...this.#pendingEvents()];
  }

  /** The oldest pending events, a whole batch, are acknowledged. */
  acknowledge(batch: readonly ProducedEvent[]): void {
    this.#pendingFromSeq += batch.length;
    for (const { heldBytes } of batch) this.#pendingBytes -= heldBytes;
  }

  /** The events from a source sequence on are pending again. */
  pendAgainFrom(seq: number): void {
    this.#pendingFromSeq = Math.max(seq, this.#firstSeq);
    this.#pendingBytes = 0;
    for (const { heldBytes } of this.#pendingEvents()) this.#pendingBytes += heldBytes;
  }

  /** The log has lost the pending events: their seqs are void. */
  forgetLogSeqs(): void {
    for (const event of this.#pendingEvents()) event.logSeq = undefined;
  }

  forgetAcknowledged(): void {
    this.forgetBefore(this.#pendingFromSeq);
  }

  /** Forgets the acknowledged events up to the newest one whose seq in the log is `logSeq` or lower. */
  forgetUpTo(logSeq: number): void {
    for (let seq = this.#pendingFromSeq - 1; seq >= this.#firstSeq; seq -= 1) {
      const known = this.#events[seq - this.#firstSeq]?.logSeq;
      if (known !== undefined && known <= logSeq) {
        this.forgetBefore(seq + 1);
        return;
      }
    }
  }

  /** Forgets the oldest acknowledged events while the condition holds. */
  forgetWhile(condition: (oldest: ProducedEvent) => boolean): void {
    for (let oldest = this.oldestAcknowledged; oldest && condition(oldest); oldest = this.oldestAcknowledged)
      this.forgetBefore(this.#firstSeq + 1);
  }

  /** Moves all events to another source, which counts them from 1; all of them are pending. */
  renumber(source: string): void {
    this.#firstSeq = 1;
    this.#events.forEach((each, index) => {
      const { event, text, bytes } = underSource(each, source, index + 1);
      Object.assign(each, { event, text, bytes });
    });
    this.pendAgainFrom(1);
  }

  forgetBefore(seq: number): void {
    const gone = this.#events.splice(0, Math.max(0, seq - this.#firstSeq));
    this.#firstSeq += gone.length;
    for (const { heldBytes } of gone) this.#bytes -= heldBytes;
  }

  *#pendingEvents(): Generator<ProducedEvent> {
    for (let index = this.#pendingFromSeq - this.#firstSeq; index < this.#events.length; index += 1) {
      const event = this.#events[index];
      if (event !== undefined) yield event;
    }
  }
}
