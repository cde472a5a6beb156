/*
 * The ordered source of one gateway connection: what keeps "every accepted event, once, in order" between a frame and
 * the call's log.
 *
 *            add                    ok, nothing more
 *   ┌──────┐ ─────▶ ┌─────────┐ ─────────────────────▶ ┌──────┐
 *   │ idle │        │ sending │ ◀── ok, more: next batch
 *   └──────┘        └─────────┘ ◀── gap(n): from n on
 *                     │     ▲
 *        no answer    ▼     │ after a delay: the same events again
 *                   ┌─────────┐
 *                   │ waiting │
 *                   └─────────┘
 *
 * - Every event gets the next source sequence: 1, 2, 3 … Only one append is under way; what piles up goes with the next.
 * - An append without an answer may have happened or not. It is sent again, for ever: the script knows repeats by place.
 * - Events are kept after the acknowledgement, until they are known to be in Postgres or `maxRetainedBytes` is reached: a
 *   Redis that comes back without its newest writes answers `gap`, and gets them again. Events that were not
 *   acknowledged are never let go of.
 * - Should Redis ask for events that were let go of (a Redis that comes back empty, events long persisted), the rest
 *   goes on under a new source name, counted from 1. Events keep their ids, so nothing is counted twice.
 * - While Redis does not answer, or not soon enough (`stalled`), a copy of each unacknowledged event goes to the spool,
 *   and is settled when it is on the disk. It is sent all the same.
 */
import { endsConnection, placeEvent, underSource, type CallKey, type EventDraft } from '@turnlog/call-events';
import {
  toNewEvent,
  type AppendOutcome,
  type AppendResult,
  type CallLog,
  type NewEvent,
} from '@turnlog/call-log';
import { backoffDelayMs, startTimer } from '@turnlog/service-kit';
import { type EventHolder } from '../retention/event-holder.ts';
import { type EventProducerOptions, type Receipt, type SpoolHold } from '../delivery-options.ts';
import { IdleWatch } from '../retention/idle-watch.ts';
import { isErased, isFull, receiptOf, settle, SPOOLED } from './receipt.ts';
import { toRetained, type RetainedEvent } from './retained-event.ts';
import { RetainedEvents } from './retained-events.ts';
import { SourceName } from './source-name.ts';
import { SpoolCopies } from './spool-copies.ts';

const BATCH = { maxEvents: 256, maxBytes: 1024 * 1024 };

/** Appends the events of one connection to its call's log: each once, in order, however often Redis is away. */
export class EventProducer implements EventHolder {
  readonly call: CallKey;
  readonly #options: EventProducerOptions;
  readonly #retained = new RetainedEvents();
  readonly #copies: SpoolCopies;
  readonly #source: SourceName;
  #state: 'idle' | 'sending' | 'waiting' | 'abandoned' = 'idle';
  #attempt = 0;
  #cancelRetry: () => void = () => undefined;
  #cancelStall: () => void = () => undefined;
  #isStalled = false;
  /** The end of the connection was added: what is pending leads to it. */
  #isEnding = false;
  #epoch: string | undefined;
  #newestLogSeq = 0;
  readonly #idle = new IdleWatch();

  constructor(options: EventProducerOptions) {
    this.#options = options;
    this.call = options.call;
    this.#source = new SourceName(options.source, options.alias);
    this.#copies = new SpoolCopies(this.#retained, options.spool, (retained) =>
      settle(retained, SPOOLED, options.observer),
    );
  }

  get pendingBytes(): number {
    return this.#retained.pendingBytes;
  }

  get pendingEvents(): number {
    return this.#retained.pendingCount;
  }

  get unsafeEvents(): number {
    return this.#retained.pending().filter(({ spooled }) => typeof spooled !== 'object').length;
  }

  get retainedBytes(): number {
    return this.#retained.bytes;
  }

  get oldestAcknowledgedAtMs(): number | undefined {
    const { oldestAcknowledged } = this.#retained;
    return oldestAcknowledged && Date.parse(oldestAcknowledged.event.at);
  }

  /** So much is unacknowledged that whoever can send again later should be told to. */
  get isOverloaded(): boolean {
    return this.pendingBytes > this.#options.limits.maxPendingBytes;
  }

  /** Takes an event, whatever the load. `onSettled` is called once, when the event is durable or refused for good. */
  add(
    draft: EventDraft,
    { rememberId = false, onSettled }: { rememberId?: boolean; onSettled?: (receipt: Receipt) => void } = {},
  ): void {
    const place = { call: this.call, source: this.#source.current, sourceSeq: this.#retained.nextSeq };
    this.addEncoded(toNewEvent(placeEvent(draft, place), { rememberId }), onSettled);
  }

  /** The same for an event that is encoded already, whatever place it names. */
  addEncoded(encoded: NewEvent, onSettled?: (receipt: Receipt) => void): void {
    const newEvent = underSource(encoded, this.#source.current, this.#retained.nextSeq);
    this.#isEnding ||= endsConnection(newEvent);
    this.#retained.push(toRetained(newEvent, { onSettled }));
    if (this.#state === 'idle') this.#send();
    else if (this.#isStalled) this.#copies.store();
  }

  /** Takes up consecutive events of a source whose process died, with their numbers. For a producer that is new. */
  resume(events: readonly NewEvent[], spooled: SpoolHold): void {
    this.#retained.startAt(events[0]?.event.sourceSeq ?? 1);
    const known = { isSettled: true, isAcknowledged: true, spooled };
    for (const event of events) this.#retained.push(toRetained(event, known));
    this.#isEnding = events.some(endsConnection);
    this.#send();
  }

  async saveToSpool(): Promise<void> {
    this.#copies.storeAgain();
    await this.#copies.whenStored();
  }

  forgetAcknowledgedBefore(atMs: number): void {
    this.#retained.forgetWhile(({ event }) => Date.parse(event.at) < atMs);
  }

  whenIdle(): Promise<void> {
    return this.#state === 'idle' ? Promise.resolve() : this.#idle.next();
  }

  compareWithHead({ epoch, lastSeq, persistedSeq }: CallLog): void {
    if (this.#state !== 'idle') return;
    const isLost = epoch !== this.#epoch || lastSeq < this.#newestLogSeq;
    if (!isLost) this.#retained.forgetUpTo(persistedSeq);
    if (isLost || this.#retained.isNewestUnplaced) this.#probe();
  }

  abandon(): number {
    this.#cancelRetry();
    this.#cancelStall();
    this.#state = 'abandoned';
    return this.pendingEvents;
  }

  #send(): void {
    const batch = this.#retained.batch(BATCH);
    if (batch.length === 0) {
      this.#becomeIdle();
      return;
    }
    this.#state = 'sending';
    const { appender, spool, startTimer: after = startTimer } = this.#options;
    if (spool !== undefined && !this.#isStalled) {
      this.#cancelStall = after(spool.afterMs, () => this.#stall());
    }
    const isAcknowledged = batch[0]?.isAcknowledged ?? false;
    const request = { call: this.call, events: batch, mode: 'ordered', isAcknowledged } as const;
    // An answer that can't be read is none.
    appender
      .append({ ...request, leadsToEnd: this.#isEnding })
      .then((outcome) => this.#onOutcome(batch, outcome))
      .catch((error: unknown) => this.#onNoAnswer(error));
  }

  #onOutcome(batch: readonly RetainedEvent[], outcome: AppendOutcome): void {
    if (this.#state === 'abandoned') return;
    this.#cancelStall();
    this.#isStalled = false;
    this.#options.observer.onAnswered?.();
    switch (outcome.outcome) {
      case 'ok':
        this.#epoch = outcome.epoch;
        this.#acknowledge(batch, outcome.results);
        this.#attempt = 0;
        break;
      case 'gap':
        this.#rewindTo(outcome.expected);
        break;
      case 'seen':
        throw new Error('an append without a condition was answered as if it had one');
    }
    this.#send();
  }

  #acknowledge(batch: readonly RetainedEvent[], results: readonly AppendResult[]): void {
    const wasRetried = this.#attempt > 0;
    let tooLate: RetainedEvent | undefined;
    if (results.length < batch.length) throw new Error('an append was answered with too few results');
    this.#retained.acknowledge(batch);
    batch.forEach((retained, index) => {
      const result = results[index];
      if (result === undefined) return;
      if (isFull(result) && retained.isAcknowledged) return void (tooLate ??= retained);
      if (result.status !== 'refused' && result.seq !== undefined) retained.logSeq = result.seq;
      this.#newestLogSeq = Math.max(this.#newestLogSeq, retained.logSeq ?? 0);
      this.#copies.release(retained);
      settle(retained, receiptOf(result, retained, wasRetried), this.#options.observer);
    });
    // Nothing of an erased call may come back, from here least of all.
    if (results.some(isErased)) this.#retained.forgetAcknowledged();
    else if (tooLate !== undefined) this.#sendAgainFrom(tooLate);
    this.#retained.forgetWhile(() => this.retainedBytes > this.#options.limits.maxRetainedBytes);
  }

  #onNoAnswer(error: unknown): void {
    if (this.#state === 'abandoned') return;
    const { observer, limits, startTimer: after = startTimer } = this.#options;
    observer.onRetry({ call: this.call, attempt: this.#attempt, error });
    this.#state = 'waiting';
    this.#cancelStall();
    this.#stall(error);
    this.#cancelRetry = after(backoffDelayMs(this.#attempt, limits.backoff), () => this.#send());
    this.#attempt += 1;
  }

  #stall(error?: unknown): void {
    this.#isStalled = true;
    this.#options.observer.onStalled?.(error);
    this.#copies.storeAgain();
  }

  /** Redis lacks the events from `expected` on: they are unacknowledged again. */
  #rewindTo(expected: number): void {
    const lost = Math.max(0, this.#retained.firstSeq - expected);
    this.#options.observer.onGap({ call: this.call, expected, lost });
    this.#newestLogSeq = 0;
    if (lost > 0) this.#retained.renumber(this.#source.change());
    else this.#retained.pendAgainFrom(expected);
    this.#retained.forgetLogSeqs();
  }

  /** The spool took what the full call refused: it goes in beyond the limit, under another source, as its place is taken. */
  #sendAgainFrom({ event }: RetainedEvent): void {
    this.#retained.forgetBefore(event.sourceSeq ?? 0);
    this.#retained.renumber(this.#source.change());
  }

  /** Sends the newest event once more: where nothing is lost it is a repeat, else the answer is a gap. */
  #probe(): void {
    this.#retained.pendAgainFrom(this.#retained.nextSeq - 1);
    if (this.pendingEvents > 0) this.#send();
  }

  #becomeIdle(): void {
    this.#state = 'idle';
    this.#idle.tell();
  }
}
