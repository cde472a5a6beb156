import { reportOf } from '@turnlog/call-events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Appender } from '../append/appender.ts';
import { type AppendRequest } from '../append/append-request.ts';
import { type AppendOutcome, type AppendResult, type RefusalReason } from '../append/append-result.ts';
import { type NewEvent } from '../append/new-event.ts';
import { type CallLog } from '../read/call-log.ts';

/**
 * What goes wrong with an append: the request or reply is lost, or the server restarts without its newest or
 * all events.
 */
export type Fault = 'none' | 'request_lost' | 'reply_lost' | 'tail_lost' | 'all_lost';

/** An event of a {@link FaultyLog}. */
export interface FaultyLogEntry {
  readonly id: string;
  readonly text: string;
  /** Of an ordered source, else empty. */
  readonly source: string;
  readonly sourceSeq: number;
  readonly report: string | undefined;
  readonly content: string;
}

interface Source {
  readonly lastSeq: number;
  readonly refused: ReadonlyMap<number, RefusalReason>;
}

const UNKNOWN_SOURCE: Source = { lastSeq: 0, refused: new Map() };

/**
 * The log of one call in memory, which fails on demand. It has no feeds and no connections; otherwise it
 * keeps the contract of the append.
 */
export class FaultyLog implements Appender {
  /** What goes wrong with the next appends, in this order. */
  readonly faults: Fault[];
  readonly #maxEvents: number;
  entries: FaultyLogEntry[] = [];
  epoch: string | undefined;
  persistedSeq = 0;
  isUnavailable = false;
  appends = 0;
  mostPending = 0;
  #pending = 0;
  #run = 1;
  #isErased = false;
  #sources = new Map<string, Source>();

  constructor(faults: readonly Fault[] = [], maxEvents = Number.POSITIVE_INFINITY) {
    this.faults = [...faults];
    this.#maxEvents = maxEvents;
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    this.appends += 1;
    this.#pending += 1;
    this.mostPending = Math.max(this.mostPending, this.#pending);
    const fault = this.faults.shift() ?? 'none';
    await delay(0);
    this.#pending -= 1;
    if (fault === 'tail_lost') this.lose(Math.floor(this.entries.length / 2));
    if (fault === 'all_lost') this.lose();
    if (fault === 'request_lost' || this.isUnavailable) throw new Error('no connection');
    const outcome = this.#append(request);
    if (fault === 'reply_lost') throw new Error('timed out');
    return outcome;
  }

  get ids(): string[] {
    return this.entries.map(({ id }) => id);
  }

  /** Another server run continues with the events up to a seq. */
  lose(keptSeq = 0): void {
    this.#run += 1;
    this.entries = this.entries.slice(0, keptSeq);
    this.#sources = new Map(
      this.entries.map(({ source, sourceSeq }) => [source, { ...UNKNOWN_SOURCE, lastSeq: sourceSeq }]),
    );
    if (keptSeq === 0) this.epoch = undefined;
  }

  erase(): void {
    this.#isErased = true;
    this.lose();
  }

  head(): CallLog {
    const { epoch, persistedSeq } = this;
    const call = { tenant: 'default', callSid: 'CA1' };
    return { call, epoch, lastSeq: this.entries.length, persistedSeq, entries: [] };
  }

  #append({ events, mode, isAcknowledged = false }: AppendRequest): AppendOutcome {
    const first = mode === 'ordered' ? events[0]?.event : undefined;
    const source = first?.source ?? '';
    const firstSeq = first?.sourceSeq ?? 0;
    const { lastSeq, refused } = this.#sources.get(source) ?? UNKNOWN_SOURCE;
    if (first !== undefined && firstSeq > lastSeq + 1) return { outcome: 'gap', expected: lastSeq + 1 };
    const refusals = new Map<number, RefusalReason>();
    const results = events.map((event, index) => {
      const sourceSeq = firstSeq + index;
      const result =
        this.#knownResult(event, isAcknowledged) ??
        (first !== undefined && sourceSeq <= lastSeq ? repeated(refused.get(sourceSeq)) : undefined) ??
        this.#add(event, { source, sourceSeq }, isAcknowledged);
      if (result.status === 'refused') refusals.set(sourceSeq, result.reason);
      return result;
    });
    const newLastSeq = firstSeq + events.length - 1;
    if (newLastSeq > lastSeq) this.#sources.set(source, { lastSeq: newLastSeq, refused: refusals });
    return { outcome: 'ok', epoch: this.epoch ?? 'none', results };
  }

  /** The result of an event that is refused anyway, or is known by its report. */
  #knownResult(
    { event, rememberId, isRefused }: NewEvent,
    isAcknowledged: boolean,
  ): AppendResult | undefined {
    if (this.#isErased) return { status: 'refused', reason: 'call_erased' };
    if (isRefused === true) return { status: 'refused', reason: 'conflict' };
    if (!rememberId) return undefined;
    const { fingerprint: content = '' } = event;
    const report = reportOf(event);
    const reported = this.entries.findIndex((entry) => entry.report === report);
    if (reported === -1) return undefined;
    const isSame = (entry: FaultyLogEntry): boolean =>
      entry.report === report && (entry.content === content || entry.content === '' || content === '');
    const same = this.entries.findIndex(isSame);
    if (same !== -1) return { status: 'duplicate', seq: same + 1 };
    return isAcknowledged ? undefined : { status: 'refused', reason: 'conflict' };
  }

  #add(
    { event, text, rememberId }: NewEvent,
    place: { readonly source: string; readonly sourceSeq: number },
    isAcknowledged: boolean,
  ): AppendResult {
    if (this.entries.length >= this.#maxEvents && !isAcknowledged)
      return { status: 'refused', reason: 'call_full' };
    if (this.epoch !== `epoch ${this.#run}`) this.persistedSeq = 0;
    this.epoch = `epoch ${this.#run}`;
    const report = rememberId ? reportOf(event) : undefined;
    this.entries.push({ id: event.id, text, ...place, report, content: event.fingerprint ?? '' });
    return { status: 'appended', seq: this.entries.length };
  }
}

function repeated(refused: RefusalReason | undefined): AppendResult {
  return refused === undefined
    ? { status: 'duplicate', seq: undefined }
    : { status: 'refused', reason: refused };
}
