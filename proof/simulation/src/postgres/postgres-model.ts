import {
  callId,
  decodeEvent,
  foldCall,
  initialState,
  toCallRecord,
  type CallKey,
  type CallRecord,
} from '@turnlog/call-events';
import { JoinedEntries } from '@turnlog/call-log';
import {
  callOfRow,
  toRow,
  type CallMerge,
  type CallRow,
  type CallSegment,
  type CallWrite,
  type EventSegment,
  type MergeResult,
  type WriteOutcome,
} from '@turnlog/call-store';
import { Refusal } from '../kernel/request.ts';
import { type Sabotage } from '../sabotage.ts';

/** A row of `call_sessions`. */
export interface StoredRow {
  readonly row: CallRow;
  readonly epoch: string;
  readonly epochCount: number;
}

interface ArchivedSegment extends Omit<EventSegment, 'events'> {
  readonly events: readonly string[];
  readonly epoch: string;
}

export interface PostgresModelOptions {
  readonly sabotage: Sabotage | undefined;
  /** Called with every write of a row. */
  readonly onRowWritten: (call: CallKey, before: StoredRow | undefined, after: StoredRow) => void;
}

/** The record in memory: the rules of `writeCalls`, `mergeCall` and the archive, without the SQL. */
export class PostgresModel {
  readonly #options: PostgresModelOptions;
  readonly #rows = new Map<string, StoredRow>();
  readonly #segments = new Map<string, Map<string, ArchivedSegment>>();
  readonly #poisons = new Set<string>();
  #refusal: (() => Refusal) | undefined;

  constructor(options: PostgresModelOptions) {
    this.#options = options;
  }

  /** Refuses everything with this error from now on; without one it accepts everything again. */
  refuse(refusal: (() => Refusal) | undefined): void {
    this.#refusal = refusal;
  }

  /** Refuses the rows of this call for their content. */
  poison(call: CallKey): void {
    this.#poisons.add(callId(call));
  }

  cure(): void {
    this.#poisons.clear();
  }

  isPoison(call: CallKey): boolean {
    return this.#poisons.has(callId(call));
  }

  get calls(): readonly string[] {
    return [...new Set([...this.#rows.keys(), ...this.#segments.keys()])];
  }

  row(call: CallKey): StoredRow | undefined {
    return this.#rows.get(callId(call));
  }

  /** All or nothing, as one statement. */
  writeCalls(batch: readonly CallWrite[]): WriteOutcome[] {
    this.#assertTakes(batch.map(({ row }) => callOfRow(row)));
    const newest = new Map<string, CallWrite>();
    for (const write of batch) {
      const call = callOfRow(write.row);
      const key = callId(call);
      const other = newest.get(key);
      if (other === undefined || write.row.version > other.row.version) newest.set(key, write);
      if (write.segment !== undefined) this.#archive(call, write.epoch, write.segment);
    }
    const written = new Set([...newest.values()].filter((write) => this.#upsert(write)));
    return batch.map((write) => (written.has(write) ? 'written' : this.#whyRefused(write)));
  }

  /** Segments of logs without a row. */
  archiveEvents(segments: readonly CallSegment[]): void {
    this.#assertTakes(segments.map(({ call }) => call));
    for (const { call, epoch, segment } of segments) this.#archive(call, epoch, segment);
  }

  /** Folds all archived events of a call. */
  mergeCall({ call, epoch, segment }: CallMerge): MergeResult {
    this.#assertTakes([call]);
    const stored = this.row(call);
    if (segment !== undefined) this.#archive(call, epoch, segment);
    const record = this.foldArchive(call);
    if (record.version === 0) throw new Error(`nothing is archived of ${callId(call)}`);
    if (record.version < (stored?.row.version ?? 0)) return { outcome: 'kept', record };
    const epochs = new Set([
      ...this.#segmentsOf(call).map((each) => each.epoch),
      stored?.epoch ?? epoch,
      epoch,
    ]);
    this.#put(call, { row: toRow(record), epoch, epochCount: epochs.size });
    return { outcome: 'written', record };
  }

  /** The record that the archive of a call folds to. */
  foldArchive(call: CallKey): CallRecord {
    let state = initialState(call);
    for (const text of this.archive(call)) {
      const decoded = decodeEvent(text);
      if (decoded.ok) state = foldCall(state, decoded.event);
    }
    return toCallRecord(state);
  }

  /** The texts of a call's archive; if segments overlap, some occur more than once. */
  archive(call: CallKey): string[] {
    return this.#segmentsOf(call).flatMap(({ events }) => events);
  }

  /** In the order in which epochs were first seen, and of the entries in each. */
  #segmentsOf(call: CallKey): ArchivedSegment[] {
    const segments = [...(this.#segments.get(callId(call))?.values() ?? [])];
    const epochs = [...new Set(segments.map(({ epoch }) => epoch))];
    return epochs.flatMap((epoch) =>
      segments.filter((segment) => segment.epoch === epoch).sort((a, b) => a.fromSeq - b.fromSeq),
    );
  }

  #assertTakes(calls: readonly CallKey[]): void {
    if (this.#refusal !== undefined) throw this.#refusal();
    if (calls.some((call) => this.isPoison(call))) {
      throw new Refusal('22P05', 'unsupported Unicode escape sequence');
    }
  }

  /** Of two that start at the same entry, the longer one stays. */
  #archive(call: CallKey, epoch: string, segment: EventSegment): void {
    const key = callId(call);
    const segments = this.#segments.get(key) ?? new Map<string, ArchivedSegment>();
    this.#segments.set(key, segments);
    const place = `${epoch}/${segment.fromSeq}`;
    const other = segments.get(place);
    if (other === undefined || segment.toSeq > other.toSeq)
      segments.set(place, { ...segment, events: textsOf(segment), epoch });
  }

  #upsert({ row, epoch }: CallWrite): boolean {
    const call = callOfRow(row);
    const stored = this.row(call);
    const isAllowed =
      stored === undefined || (isOfOneEpoch(stored, epoch) && row.version > stored.row.version);
    if (!isAllowed && this.#options.sabotage !== 'version-guard') return false;
    this.#put(call, { row, epoch, epochCount: 1 });
    return true;
  }

  #put(call: CallKey, after: StoredRow): void {
    const before = this.row(call);
    this.#rows.set(callId(call), after);
    this.#options.onRowWritten(call, before, after);
  }

  #whyRefused({ row, epoch }: CallWrite): WriteOutcome {
    const stored = this.row(callOfRow(row));
    const isStale = stored !== undefined && isOfOneEpoch(stored, epoch) && stored.row.version >= row.version;
    return isStale ? 'stale' : 'other_epoch';
  }
}

function textsOf({ fromSeq, toSeq, events }: EventSegment): readonly string[] {
  if (!Buffer.isBuffer(events)) return events;
  return new JoinedEntries(fromSeq, toSeq, events).entries().map(({ text }) => text);
}

function isOfOneEpoch(stored: StoredRow, epoch: string): boolean {
  return stored.epoch === epoch && stored.epochCount === 1;
}
