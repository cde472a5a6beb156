import { identityOf, type CallKey } from '@turnlog/call-events';
import { type Appender, type AppendOutcome, type CallLog, type NewEvent } from '@turnlog/call-log';
import { backoffDelayMs, startTimer, type Backoff, type StartTimer } from '@turnlog/service-kit';
import { type EventHolder } from '../retention/event-holder.ts';
import { heldBytesOf } from '../retention/held-bytes.ts';
import { IdleWatch } from '../retention/idle-watch.ts';
import { type AppendObserver, type SpoolHold, type ProducerSpool } from '../delivery-options.ts';
import { isErased } from '../by-sequence/receipt.ts';

/** What is told of reports that are kept. */
export interface ReportObserver extends AppendObserver {
  /** Redis had lost events that it had acknowledged; it has them again. */
  onRestored(loss: { readonly call: CallKey; readonly events: number }): void;
}

export interface KeptReportsOptions {
  readonly appender: Appender;
  /** The most that is kept of one call. */
  readonly maxRetainedBytes: number;
  readonly backoff: Backoff;
  readonly observer: ReportObserver;
  readonly spool?: Pick<ProducerSpool, 'store'> | undefined;
  /** {@link startTimer} by default. */
  readonly startTimer?: StartTimer;
}

/** A report that Redis has acknowledged. */
interface KeptReport {
  readonly newEvent: NewEvent;
  /** The memory that it takes here. */
  readonly heldBytes: number;
  readonly keptAtMs: number;
  /** The life of the log that it is in, and its place there. */
  epoch: string;
  seq: number;
  /** Its copy on the disk, while the log lacks it. */
  copy: SpoolHold | undefined;
}

type Acknowledgement = AppendOutcome & { readonly outcome: 'ok' };

const BATCH = { maxEvents: 200, maxBytes: 1024 * 1024 };

/**
 * The events of one call that came without a connection, over HTTP or from the carrier. No source counts them, so no
 * append after them is answered `gap` when Redis has lost some: each is looked for by the life of the log and the seq at
 * which it was acknowledged. What is not there is appended again; where the log has it after all, it is known by its id.
 */
export class KeptReports implements EventHolder {
  readonly call: CallKey;
  readonly #options: KeptReportsOptions;
  /** By the identity of the event, in the order in which they came. */
  readonly #reports = new Map<string, KeptReport>();
  #bytes = 0;
  /** Those that the log was found to lack, until it has them again. */
  readonly #missing = new Set<KeptReport>();
  #isSending = false;
  #restored = 0;
  #attempt = 0;
  #isAbandoned = false;
  #cancelRetry: () => void = () => undefined;
  #storing: Promise<void> = Promise.resolve();
  readonly #idle = new IdleWatch();

  constructor(call: CallKey, options: KeptReportsOptions) {
    this.call = call;
    this.#options = options;
  }

  get pendingEvents(): number {
    return this.#missing.size;
  }

  get pendingBytes(): number {
    return [...this.#missing].reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  }

  get unsafeEvents(): number {
    return [...this.#missing].filter(({ copy }) => copy === undefined).length;
  }

  get retainedBytes(): number {
    return this.#bytes;
  }

  get oldestAcknowledgedAtMs(): number | undefined {
    for (const report of this.#reports.values()) if (!this.#missing.has(report)) return report.keptAtMs;
    return undefined;
  }

  /** Keeps what an append has brought into the log, or found there. */
  keep(events: readonly NewEvent[], { epoch, results }: Acknowledgement, nowMs: number): void {
    events.forEach((newEvent, index) => {
      const result = results[index];
      if (result === undefined) throw new Error('an append was answered with too few results');
      // A report that was kept before, and is refused now that it comes again, stays: it was acknowledged.
      // Without its id the log would not know a repeat.
      if (result.status !== 'refused' && newEvent.rememberId && result.seq !== undefined)
        this.#put(newEvent, { epoch, seq: result.seq }, nowMs);
    });
    // Nothing of an erased call may come back, from here least of all.
    if (results.some(isErased)) {
      for (const id of this.#reports.keys()) this.#forget(id);
    }
    this.#forgetWhile(() => this.#bytes > this.#options.maxRetainedBytes);
  }

  forgetAcknowledgedBefore(atMs: number): void {
    this.#forgetWhile(({ keptAtMs }) => keptAtMs < atMs);
  }

  compareWithHead({ epoch, lastSeq, persistedSeq }: CallLog): void {
    if (this.#isSending || this.#isAbandoned) return;
    for (const [id, report] of this.#reports) {
      if (report.epoch !== epoch || report.seq > lastSeq) this.#missing.add(report);
      else if (report.seq <= persistedSeq) this.#forget(id);
    }
    if (this.#missing.size > 0) this.#send();
  }

  whenIdle(): Promise<void> {
    if (!this.#isSending) return Promise.resolve();
    return this.#idle.next();
  }

  async saveToSpool(): Promise<void> {
    this.#copyMissing();
    await this.#storing;
  }

  abandon(): number {
    this.#cancelRetry();
    this.#isAbandoned = true;
    return this.#missing.size;
  }

  #put(newEvent: NewEvent, place: { readonly epoch: string; readonly seq: number }, keptAtMs: number): void {
    const identity = identityOf(newEvent.event);
    const known = this.#reports.get(identity);
    if (known !== undefined) {
      Object.assign(known, place);
      this.#found(known);
      return;
    }
    const heldBytes = heldBytesOf(newEvent);
    this.#reports.set(identity, { newEvent, heldBytes, keptAtMs, copy: undefined, ...place });
    this.#bytes += heldBytes;
  }

  #forget(id: string): void {
    const report = this.#reports.get(id);
    if (report === undefined) return;
    this.#reports.delete(id);
    this.#bytes -= report.heldBytes;
    this.#found(report);
  }

  /** It is no longer missing. */
  #found(report: KeptReport): void {
    this.#missing.delete(report);
    report.copy?.release(1);
    report.copy = undefined;
  }

  /** Lets go of the oldest events, one by one, for as long as the condition holds; never of missing ones. */
  #forgetWhile(condition: (oldest: KeptReport) => boolean): void {
    for (const [id, report] of this.#reports) {
      if (this.#missing.has(report)) continue;
      if (!condition(report)) return;
      this.#forget(id);
    }
  }

  #send(): void {
    const events = this.#batch();
    if (events.length === 0) {
      this.#becomeIdle();
      return;
    }
    this.#isSending = true;
    const request = { call: this.call, events, mode: 'unordered', isAcknowledged: true } as const;
    // An answer that can't be read is none.
    this.#options.appender
      .append(request)
      .then((outcome) => this.#onOutcome(events, outcome))
      .catch((error: unknown) => this.#onNoAnswer(error));
  }

  #batch(): NewEvent[] {
    const batch: NewEvent[] = [];
    let bytes = 0;
    for (const report of this.#missing) {
      bytes += report.newEvent.bytes;
      const isFull = batch.length === BATCH.maxEvents || bytes > BATCH.maxBytes;
      if (batch.length > 0 && isFull) break;
      batch.push(report.newEvent);
    }
    return batch;
  }

  #onOutcome(events: readonly NewEvent[], outcome: AppendOutcome): void {
    if (this.#isAbandoned) return;
    if (outcome.outcome !== 'ok')
      throw new Error(`an append of reports was answered with ${outcome.outcome}`);
    this.#options.observer.onAnswered?.();
    this.#attempt = 0;
    this.#restored += outcome.results.filter(({ status }) => status === 'appended').length;
    // All of them are known: each keeps the moment at which it came.
    this.keep(events, outcome, 0);
    this.#send();
  }

  #onNoAnswer(error: unknown): void {
    if (this.#isAbandoned) return;
    const { observer, backoff, startTimer: after = startTimer } = this.#options;
    observer.onRetry({ call: this.call, attempt: this.#attempt, error });
    observer.onStalled?.(error);
    this.#copyMissing();
    this.#cancelRetry = after(backoffDelayMs(this.#attempt, backoff), () => this.#send());
    this.#attempt += 1;
  }

  /** Stores whatever is missing and has no copy, with what an earlier attempt could not store. */
  #copyMissing(): void {
    this.#storing = this.#storing.then(() => this.#store());
  }

  async #store(): Promise<void> {
    const reports = [...this.#missing].filter(({ copy }) => copy === undefined);
    if (this.#options.spool === undefined || reports.length === 0) return;
    const hold = await this.#options.spool.store(reports.map(({ newEvent }) => newEvent));
    for (const report of reports) {
      if (this.#missing.has(report)) report.copy = hold;
      else hold?.release(1);
    }
  }

  #becomeIdle(): void {
    this.#isSending = false;
    if (this.#restored > 0) this.#options.observer.onRestored({ call: this.call, events: this.#restored });
    this.#restored = 0;
    this.#idle.tell();
  }
}
