import { identityOf, type CallKey } from '@turnlog/call-events';
import { type Appender, type AppendOutcome, type CallLog, type NewEvent } from '@turnlog/call-log';
import { type Backoff, type StartTimer } from '@turnlog/service-kit';
import { type AppendObserver, type ProducerSpool } from '../delivery-options.ts';
import { DeliveryLoop, observeLoop } from '../loop/delivery-loop.ts';
import { isUnsafe, SpoolCopies, type Unacknowledged } from '../loop/spool-copies.ts';
import { isErased, takeBatch } from '../loop/append-batch.ts';
import { heldBytesOf } from '../retention/held-bytes.ts';
import { type RetentionBuffer } from '../retention/retention-buffer.ts';

/** Observes retained reports. */
export interface ReportObserver extends AppendObserver {
  /** Redis had lost acknowledged events; it has them again. */
  onRestored(loss: { readonly call: CallKey; readonly events: number }): void;
}

/** What {@link RetainedReports} need. */
export interface RetainedReportsOptions {
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
interface RetainedReport extends Unacknowledged {
  /** The memory that it takes. */
  readonly heldBytes: number;
  readonly cameAtMs: number;
  /** Its place in the log. */
  epoch: string;
  seq: number;
}

type Acknowledged = Extract<AppendOutcome, { readonly outcome: 'ok' }>;

/**
 * The events of one call that came without a connection, over HTTP or from the carrier, and were appended. No source
 * counts them, so no `gap` shows that Redis has lost some: the head shows it, by its epoch and its newest seq. Lost
 * events are appended again; where the log has one after all, it recognizes the id.
 */
export class RetainedReports implements RetentionBuffer {
  readonly call: CallKey;
  readonly #options: RetainedReportsOptions;
  /** By the identity of the event, in the order in which they came. */
  readonly #reports = new Map<string, RetainedReport>();
  /** Those that the log has lost, until it has them again. */
  readonly #missing = new Set<RetainedReport>();
  readonly #copies: SpoolCopies<RetainedReport>;
  readonly #loop: DeliveryLoop<AppendOutcome>;
  #batch: readonly RetainedReport[] = [];
  #bytes = 0;
  #restored = 0;

  constructor(call: CallKey, options: RetainedReportsOptions) {
    this.call = call;
    this.#options = options;
    this.#copies = new SpoolCopies({ spool: options.spool, unacknowledged: () => [...this.#missing] });
    this.#loop = new DeliveryLoop({
      send: () => this.#send(),
      onOutcome: (outcome) => this.#onOutcome(outcome),
      onIdle: () => this.#onIdle(),
      backoff: options.backoff,
      observer: observeLoop(call, options.observer),
      copies: this.#copies,
      startTimer: options.startTimer,
    });
  }

  get pendingEvents(): number {
    return this.#missing.size;
  }

  get pendingBytes(): number {
    return [...this.#missing].reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  }

  get unsafeEvents(): number {
    return [...this.#missing].filter(isUnsafe).length;
  }

  get retainedBytes(): number {
    return this.#bytes;
  }

  get oldestAcknowledgedAtMs(): number | undefined {
    for (const report of this.#reports.values()) if (!this.#missing.has(report)) return report.cameAtMs;
    return undefined;
  }

  /** Keeps the events that an append brought into the log, or found there. */
  retain(events: readonly NewEvent[], { epoch, results }: Acknowledged, nowMs: number): void {
    events.forEach((event, index) => {
      const result = results[index];
      if (result === undefined) throw new Error('an append was answered with too few results');
      // A retained report whose resend is refused stays: it was acknowledged. Without a remembered id the log would not
      // recognize a duplicate.
      if (result.status !== 'refused' && event.rememberId && result.seq !== undefined)
        this.#put(event, epoch, result.seq, nowMs);
    });
    // Nothing of an erased call may return to the log.
    if (results.some(isErased)) for (const id of this.#reports.keys()) this.#forget(id);
    this.#forgetWhile(() => this.#bytes > this.#options.maxRetainedBytes);
  }

  forgetAcknowledgedBefore(atMs: number): void {
    this.#forgetWhile(({ cameAtMs }) => cameAtMs < atMs);
  }

  compareWithHead({ epoch, lastSeq, persistedSeq }: CallLog): void {
    if (!this.#loop.isIdle) return;
    for (const [id, report] of this.#reports) {
      if (report.epoch !== epoch || report.seq > lastSeq) this.#missing.add(report);
      else if (report.seq <= persistedSeq) this.#forget(id);
    }
    this.#loop.wake();
  }

  whenIdle(): Promise<void> {
    return this.#loop.whenIdle();
  }

  async saveToSpool(): Promise<void> {
    this.#copies.storeAll();
    await this.#copies.whenStored();
  }

  abandon(): number {
    this.#loop.abandon();
    return this.pendingEvents;
  }

  #put(event: NewEvent, epoch: string, seq: number, cameAtMs: number): void {
    const identity = identityOf(event.event);
    const known = this.#reports.get(identity);
    if (known !== undefined) {
      Object.assign(known, { epoch, seq });
      this.#found(known);
      return;
    }
    const heldBytes = heldBytesOf(event);
    this.#reports.set(identity, { ...event, heldBytes, cameAtMs, epoch, seq, copy: undefined });
    this.#bytes += heldBytes;
  }

  #forget(id: string): void {
    const report = this.#reports.get(id);
    if (report === undefined) return;
    this.#reports.delete(id);
    this.#bytes -= report.heldBytes;
    this.#found(report);
  }

  /** It is not missing any more. */
  #found(report: RetainedReport): void {
    this.#missing.delete(report);
    this.#copies.release(report);
  }

  /** Forgets the oldest events while the condition holds; never missing ones. */
  #forgetWhile(condition: (oldest: RetainedReport) => boolean): void {
    for (const [id, report] of this.#reports) {
      if (this.#missing.has(report)) continue;
      if (!condition(report)) return;
      this.#forget(id);
    }
  }

  #send(): Promise<AppendOutcome> | undefined {
    const events = takeBatch(this.#missing);
    this.#batch = events;
    if (events.length === 0) return undefined;
    const request = { call: this.call, events, mode: 'unordered', isAcknowledged: true } as const;
    return this.#options.appender.append(request);
  }

  #onOutcome(outcome: AppendOutcome): void {
    if (outcome.outcome !== 'ok')
      throw new Error(`an append of reports was answered with ${outcome.outcome}`);
    this.#restored += outcome.results.filter(({ status }) => status === 'appended').length;
    // All of them are known, and keep the moment at which they came.
    this.retain(this.#batch, outcome, 0);
  }

  #onIdle(): void {
    if (this.#restored > 0) this.#options.observer.onRestored({ call: this.call, events: this.#restored });
    this.#restored = 0;
  }
}
