import { type CallRecord } from '@turnlog/call-events';
import { type CallLog, type LogPointer } from '@turnlog/call-log';
import { type CallRow, type CallWrite } from '@turnlog/call-store';
import { type CallTask } from '../domain/call-task.ts';
import { type UndecodableEvent } from '../domain/fold-log.ts';
import { type Segment } from '../domain/segments.ts';
import { type Attempt, type FailureKind } from './bisect.ts';

/** How far persisting a call has come. Each step replaces the outcome of the step before. */
export type CallOutcome = FoldedCall | PersistedCall | GoneCall | BrokenCall;

/**
 * A call that was read and folded and waits for Postgres: its row as texts, and the segments of a log that came in one
 * piece as bytes. The many objects of the fold are gone by then: the garbage collector would copy them while they wait.
 */
export interface FoldedCall {
  readonly kind: 'folded';
  readonly task: CallTask;
  readonly epoch: string;
  /** The seq of the log up to which this was read. */
  readonly seq: number;
  /** Up to which seq the archive is known to be complete. */
  readonly archivedSeq: number;
  readonly row: CallRow;
  readonly summary: CallSummary;
  /** What the archive lacks. */
  readonly segments: readonly Segment[];
  readonly undecodable: readonly UndecodableEvent[];
  /** Of the texts of its log. */
  readonly bytes: number;
}

/** A call of which Postgres has everything that can be read. It is to be committed. */
export interface PersistedCall {
  readonly kind: 'persisted';
  readonly task: CallTask;
  readonly epoch: string;
  readonly seq: number;
  /** `known`: it was persisted before it was requested; `empty`: its log has no event. An erased call is not in Postgres. */
  readonly result: 'written' | 'stale' | 'merged' | 'kept' | 'erased' | 'known' | 'empty';
  readonly summary: CallSummary;
}

/** A call whose keys have expired, or whose log is missing. Only its entries are left to acknowledge. */
export interface GoneCall {
  readonly kind: 'gone';
  readonly task: CallTask;
  readonly log: CallLog;
}

/** A call that failed by itself. It is to be dead-lettered, or retried later. */
export interface BrokenCall {
  readonly kind: 'broken';
  readonly task: CallTask;
  /** Where its log is, if that is known. */
  readonly log: LogPointer | undefined;
  readonly error: unknown;
  readonly cause: FailureKind;
}

/** What is logged of a call that was persisted. */
export interface CallSummary {
  readonly version: number;
  /** How many turns its transcript has. */
  readonly exchanges: number;
  /** The names of the collected facts. */
  readonly fields: readonly string[];
}

/** Summarises a record for the log. */
export function summaryOf({ version, transcript, collectedData }: CallRecord): CallSummary {
  return { version, exchanges: transcript.length, fields: Object.keys(collectedData) };
}

/** A call that needs no write. */
export function withoutWrite(
  { task, epoch, seq }: Pick<PersistedCall, 'task' | 'epoch' | 'seq'>,
  result: 'known' | 'empty',
): PersistedCall {
  return { kind: 'persisted', task, epoch, seq, result, summary: { version: 0, exchanges: 0, fields: [] } };
}

/** The outcomes of a step: for each item its result, or that it is broken. */
export function outcomesOf<T extends { readonly task: CallTask }, R extends CallOutcome>(
  attempts: readonly Attempt<T, R>[],
  logOf: (item: T) => LogPointer | undefined = () => undefined,
): (R | BrokenCall)[] {
  return attempts.map((attempt) => {
    if (attempt.ok) return attempt.result;
    const { item, error, kind } = attempt;
    return { kind: 'broken', task: item.task, log: logOf(item), error, cause: kind };
  });
}

/** Where the log of a folded call is. */
export function pointerOf({ epoch, seq, bytes }: Pick<FoldedCall, 'epoch' | 'seq' | 'bytes'>): LogPointer {
  return { epoch, fromSeq: 1, toSeq: seq, bytes };
}

/** The writes of a call: its row with the first segment of its log, and one for each further segment. */
export function writesOf({ row, epoch, segments: [first, ...further] }: FoldedCall): CallWrite[] {
  return [
    { row, epoch, ...(first !== undefined && { segment: first }) },
    ...further.map((segment) => ({ row, epoch, segment })),
  ];
}

/** The bytes of a row's JSON. */
export function bytesOfRow(row: CallRow): number {
  const texts = [
    row.lead,
    row.collected_data,
    row.objections,
    row.metrics,
    row.consents,
    row.stages,
    row.tool_calls,
  ];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), row.full_transcript.length);
}
