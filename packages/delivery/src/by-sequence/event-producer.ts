import {
  endsConnection,
  placeEvent,
  underSource,
  type CallKey,
  type EncodedEvent,
  type EventDraft,
} from '@turnlog/call-events';
import {
  toNewEvent,
  type AppendOutcome,
  type AppendResult,
  type CallLog,
  type NewEvent,
} from '@turnlog/call-log';
import { type DeliveryResult, type EventProducerOptions, type SpoolHold } from '../delivery-options.ts';
import { isErased } from '../loop/append-batch.ts';
import { DeliveryLoop, observeLoop } from '../loop/delivery-loop.ts';
import { isUnsafe, SpoolCopies } from '../loop/spool-copies.ts';
import { heldBytesOf } from '../retention/held-bytes.ts';
import { type RetentionBuffer } from '../retention/retention-buffer.ts';
import { isAcknowledged, isFull, resultOf, SPOOLED, type ProducedEvent } from './delivery-result.ts';
import { EventWindow } from './event-window.ts';

/**
 * Appends the events of one connection to its call's log, each once and in order, however often Redis is unavailable.
 *
 * - Each event gets the next source sequence: 1, 2, 3 … The log recognizes a resend by it, and answers `gap` where it has
 *   lost events that it acknowledged. They are sent again: they are kept until Postgres has them, or `maxRetainedBytes`.
 * - Where Redis asks for events that are forgotten (it came back empty, and they are in Postgres), the rest continues
 *   under another source name, counted from 1. Events keep their ids, so none is counted twice.
 */
export class EventProducer implements RetentionBuffer {
  readonly call: CallKey;
  readonly #options: EventProducerOptions;
  readonly #window = new EventWindow();
  readonly #copies: SpoolCopies<ProducedEvent>;
  readonly #loop: DeliveryLoop<AppendOutcome>;
  #source: string;
  #renames = 0;
  #batch: readonly ProducedEvent[] = [];
  /** The end of the connection was added: the pending events lead to it. */
  #isEnding = false;
  #epoch: string | undefined;
  #newestLogSeq = 0;

  constructor(options: EventProducerOptions) {
    const { call, source, spool, observer } = options;
    this.call = call;
    this.#options = options;
    this.#source = source;
    this.#copies = new SpoolCopies({
      spool,
      unacknowledged: () => this.#window.pending(),
      onStored: (event) => this.#report(event, SPOOLED),
    });
    this.#loop = new DeliveryLoop({
      send: () => this.#send(),
      onOutcome: (outcome, isRetry) => this.#onOutcome(outcome, isRetry),
      backoff: options.limits.backoff,
      observer: observeLoop(call, observer),
      copies: this.#copies,
      stallAfterMs: spool?.afterMs,
      startTimer: options.startTimer,
    });
  }

  get pendingBytes(): number {
    return this.#window.pendingBytes;
  }

  get pendingEvents(): number {
    return this.#window.pendingCount;
  }

  get unsafeEvents(): number {
    return this.#window.pending().filter(isUnsafe).length;
  }

  get retainedBytes(): number {
    return this.#window.bytes;
  }

  get oldestAcknowledgedAtMs(): number | undefined {
    const { oldestAcknowledged } = this.#window;
    return oldestAcknowledged && Date.parse(oldestAcknowledged.event.at);
  }

  /** So much is unacknowledged that agents should be asked to send again later. */
  get isOverloaded(): boolean {
    return this.pendingBytes > this.#options.limits.maxPendingBytes;
  }

  /** Takes an event, whatever the load. `onResult` is called once, when the event is durable or refused. */
  add(
    draft: EventDraft,
    { rememberId = false, onResult }: Partial<Pick<ProducedEvent, 'rememberId' | 'onResult'>> = {},
  ): void {
    const place = { call: this.call, source: this.#source, sourceSeq: this.#window.nextSeq };
    this.addEncoded(toNewEvent(placeEvent(draft, place), { rememberId }), onResult);
  }

  /** The same for an encoded event, whatever source it has. */
  addEncoded(encoded: NewEvent, onResult?: (result: DeliveryResult) => void): void {
    const placed = underSource(encoded, this.#source, this.#window.nextSeq);
    const event = this.#push(placed, { onResult });
    this.#loop.wake();
    if (this.#loop.isStalled) this.#copies.store([event]);
  }

  /** Continues a source whose process died, with consecutive events and their sequences. For a new producer. */
  resume(events: readonly NewEvent[], copy: SpoolHold): void {
    this.#window.startAt(events[0]?.event.sourceSeq ?? 1);
    for (const event of events) this.#push(event, { result: SPOOLED, copy });
    this.#loop.wake();
  }

  async saveToSpool(): Promise<void> {
    this.#copies.storeAll();
    await this.#copies.whenStored();
  }

  forgetAcknowledgedBefore(atMs: number): void {
    this.#window.forgetWhile(({ event }) => Date.parse(event.at) < atMs);
  }

  whenIdle(): Promise<void> {
    return this.#loop.whenIdle();
  }

  compareWithHead({ epoch, lastSeq, persistedSeq }: CallLog): void {
    if (!this.#loop.isIdle) return;
    const isLost = epoch !== this.#epoch || lastSeq < this.#newestLogSeq;
    if (!isLost) this.#window.forgetUpTo(persistedSeq);
    if (isLost || this.#window.isNewestUnplaced) this.#probe();
  }

  abandon(): number {
    this.#loop.abandon();
    return this.pendingEvents;
  }

  #push(event: NewEvent, known: Partial<ProducedEvent>): ProducedEvent {
    const added = { ...event, ...NEW, heldBytes: heldBytesOf(event), ...known };
    this.#isEnding ||= endsConnection(event);
    this.#window.push(added);
    return added;
  }

  #send(): Promise<AppendOutcome> | undefined {
    const events = this.#window.batch();
    this.#batch = events;
    if (events.length === 0) return undefined;
    const request = { call: this.call, events, mode: 'ordered', leadsToEnd: this.#isEnding } as const;
    return this.#options.appender.append({ ...request, isAcknowledged: events.every(isAcknowledged) });
  }

  #onOutcome(outcome: AppendOutcome, isRetry: boolean): void {
    switch (outcome.outcome) {
      case 'ok':
        this.#epoch = outcome.epoch;
        this.#acknowledge(this.#batch, outcome.results, isRetry);
        break;
      case 'gap':
        this.#rewindTo(outcome.expected);
        break;
      case 'seen':
        throw new Error('an append without a condition was answered as if it had one');
    }
  }

  #acknowledge(batch: readonly ProducedEvent[], results: readonly AppendResult[], isRetry: boolean): void {
    let tooLate: ProducedEvent | undefined;
    if (results.length < batch.length) throw new Error('an append was answered with too few results');
    this.#window.acknowledge(batch);
    batch.forEach((event, index) => {
      const result = results[index];
      if (result === undefined) return;
      if (isFull(result) && isAcknowledged(event)) return void (tooLate ??= event);
      if (result.status !== 'refused' && result.seq !== undefined) event.logSeq = result.seq;
      this.#newestLogSeq = Math.max(this.#newestLogSeq, event.logSeq ?? 0);
      this.#copies.release(event);
      this.#report(event, resultOf(result, event, isRetry));
    });
    // Nothing of an erased call may return to the log.
    if (results.some(isErased)) this.#window.forgetAcknowledged();
    else if (tooLate !== undefined) this.#sendAgainFrom(tooLate);
    this.#window.forgetWhile(() => this.retainedBytes > this.#options.limits.maxRetainedBytes);
  }

  /** Reports a result, once: an event that Redis lost had its result long before it was sent again. */
  #report(event: ProducedEvent, result: DeliveryResult): void {
    if (event.result !== undefined) return;
    event.result = result;
    event.isRefused = result.status === 'refused' && result.reason === 'conflict';
    const { onResult } = event;
    event.onResult = undefined;
    this.#options.observer.onResult(result);
    onResult?.(result);
  }

  /** Redis lacks the events from `expected` on: they are unacknowledged again. */
  #rewindTo(expected: number): void {
    const lost = Math.max(0, this.#window.firstSeq - expected);
    this.#options.observer.onGap({ call: this.call, expected, lost });
    this.#newestLogSeq = 0;
    if (lost > 0) this.#window.renumber(this.#rename());
    else this.#window.pendAgainFrom(expected);
    this.#window.forgetLogSeqs();
  }

  /** The full call refused an event that its spool acknowledged: resends it beyond the limit, under another source. */
  #sendAgainFrom({ event }: EncodedEvent): void {
    this.#window.forgetBefore(event.sourceSeq ?? 0);
    this.#window.renumber(this.#rename());
  }

  #rename(): string {
    this.#renames += 1;
    this.#source = `${this.#options.alias ?? this.#options.source}.${this.#renames}`;
    return this.#source;
  }

  /** Sends the newest event once more: the outcome is a duplicate where nothing is lost, else a gap. */
  #probe(): void {
    this.#window.pendAgainFrom(this.#window.nextSeq - 1);
    this.#loop.wake();
  }
}

const NEW = {
  logSeq: undefined,
  onResult: undefined,
  result: undefined,
  isRefused: false,
  copy: undefined,
};
