import { callId } from '@turnlog/call-events';
import { type DeadLetter, type DeadLetters, type LogPointer, type SettledCall } from '@turnlog/call-log';
import { describeDatabaseError } from '@turnlog/call-store';
import { type CallTask } from '../domain/call-task.ts';
import { type Suspects } from '../domain/suspects.ts';
import { TooLargeError } from '../domain/too-large.ts';
import { callLetter, eventLetter } from './dead-letters.ts';
import { pointerOf, type PreparedCall } from './prepare-call.ts';
import { type FoldedCall } from '../store/folded-call.ts';
import { blame } from './read-logs.ts';
import { type PersistReport } from '../report/persist-report.ts';
import { attemptEach, type FailureKind } from '../store/bisect.ts';
import { type CallAttempt, type CallWriteOptions, type CallWriter } from '../store/call-writer.ts';

/** What persisting a batch takes. */
export interface PersistBatchOptions {
  readonly write: CallWriter['write'];
  readonly settle: (settled: readonly SettledCall[]) => Promise<void>;
  readonly letters: Pick<DeadLetters, 'add'>;
  readonly suspects: Suspects;
  readonly report: PersistReport;
  /** Has a call that failed alone tried again later, by itself. */
  readonly retryLater: (task: CallTask, cause: string) => Promise<void>;
  /** These calls are persisted or set aside. */
  readonly onDone: (keys: readonly string[]) => void;
  readonly now: () => number;
}

/** Writes folded calls, acknowledges what asked for them, and sets aside what can't be written. */
export function createBatchPersister(options: PersistBatchOptions) {
  const { write, settle, suspects, report, now } = options;

  const persist = async (prepared: readonly PreparedCall[], how: CallWriteOptions = {}): Promise<void> => {
    const folded = await setAsideUndecodable(prepared.flatMap(foldedOf));
    const attempts = await report.timed(folded.length, () => write(folded.filter(hasEvents), how));
    const persisted = attempts.filter(isOk);
    for (const { item, result } of persisted) report.persisted(item, result);

    const done = [...persisted.map(({ item }) => item), ...folded.filter(isEmpty)];
    const known = prepared.flatMap(persistedOf);
    const unsettled = await settleEach([
      ...[...done, ...known].map(toSettlement),
      ...prepared.flatMap(goneToSettlement),
    ]);

    for (const { task, log } of prepared.flatMap(goneOf)) report.gone(task, log);
    for (const { task } of known) report.alreadyPersisted(task);
    for (const { task, log, error } of [...prepared.flatMap(brokenOf), ...unsettled])
      await refuse(task, log, error, error instanceof TooLargeError ? 'row' : 'unknown');
    for (const attempt of attempts)
      if (!attempt.ok) await refuse(attempt.item.task, pointerOf(attempt.item), attempt.error, attempt.kind);
  };

  /** Resolves to those that could not be settled: they are in Postgres, and stay pending. */
  const settleEach = async (settlements: readonly Settlement[]): Promise<Unsettled[]> => {
    const settleSome = async (some: readonly Settlement[]): Promise<readonly Settlement[]> => {
      await settle(some.map(({ settled }) => settled));
      return some;
    };
    const attempts = await attemptEach(settlements, { write: settleSome, classify: blame });
    const settledKeys = attempts.filter(({ ok }) => ok).map(({ item }) => callId(item.task.call));
    suspects.clear(settledKeys);
    options.onDone(settledKeys);
    return attempts.flatMap((attempt) =>
      attempt.ok ? [] : [{ task: attempt.item.task, log: undefined, error: attempt.error }],
    );
  };

  /** Resolves to the calls whose undecodable entries are safe. The others stay pending as they are. */
  const setAsideUndecodable = async (calls: readonly FoldedCall[]): Promise<readonly FoldedCall[]> => {
    if (calls.every(({ undecodable }) => undecodable.length === 0)) return calls;
    const safe: FoldedCall[] = [];
    for (const call of calls) {
      // What was archived before, and left out, was set aside before.
      const news = call.undecodable.filter(({ seq }) => seq > call.archivedSeq);
      const letters = news.map((entry) => eventLetter(call.task, call.epoch, entry, now()));
      const added = await Promise.all(letters.map((letter) => addLetter(letter, [])));
      if (added.every(Boolean)) safe.push(call);
    }
    return safe;
  };

  /** A call that failed by itself. Where the reason is unknown or passes, it is tried again later, alone. */
  const refuse = async (
    task: CallTask,
    log: LogPointer | undefined,
    error: unknown,
    kind: FailureKind,
  ): Promise<void> => {
    const isGivenUp = kind === 'row' || (kind === 'unknown' && suspects.fail(callId(task.call)));
    report.failed(task, error, isGivenUp ? 'dead' : 'deferred');
    if (isGivenUp && (await addLetter(callLetter(task, log, error, now()), task.entryIds)))
      options.onDone([callId(task.call)]);
    else await options.retryLater(task, describeDatabaseError(error));
  };

  /** False when the letter could not be written: what it is about stays pending. */
  const addLetter = async (letter: DeadLetter, entryIds: readonly string[]): Promise<boolean> => {
    try {
      await options.letters.add(letter, entryIds);
      report.deadLettered(letter);
      return true;
    } catch (error) {
      report.letterFailed(letter, error);
      return false;
    }
  };

  return { persist, refuse };
}

function foldedOf(prepared: PreparedCall): FoldedCall[] {
  return prepared.kind === 'folded' ? [prepared.folded] : [];
}

function persistedOf(prepared: PreparedCall): (PreparedCall & { kind: 'persisted' })[] {
  return prepared.kind === 'persisted' ? [prepared] : [];
}

function goneOf(prepared: PreparedCall): (PreparedCall & { kind: 'gone' })[] {
  return prepared.kind === 'gone' ? [prepared] : [];
}

function brokenOf(prepared: PreparedCall): Unsettled[] {
  return prepared.kind === 'broken' ? [prepared] : [];
}

/** A call that failed outside of Postgres. */
interface Unsettled {
  readonly task: CallTask;
  readonly log: LogPointer | undefined;
  readonly error: unknown;
}

function isOk(attempt: CallAttempt): attempt is CallAttempt & { ok: true } {
  return attempt.ok;
}

function hasEvents({ summary }: FoldedCall): boolean {
  return summary.version > 0;
}

function isEmpty(call: FoldedCall): boolean {
  return !hasEvents(call);
}

/** What is to be settled of a task. */
interface Settlement {
  readonly task: CallTask;
  readonly settled: SettledCall;
}

function toSettlement({ task, epoch, seq }: Pick<FoldedCall, 'task' | 'epoch' | 'seq'>): Settlement {
  const { call, entryIds } = task;
  return { task, settled: { call, epoch, seq, entryIds } };
}

/** Without an epoch, nothing but the acknowledgement is left to do. */
function goneToSettlement(prepared: PreparedCall): Settlement[] {
  if (prepared.kind !== 'gone') return [];
  const { task } = prepared;
  const { call, entryIds } = task;
  return [{ task, settled: { call, epoch: '', seq: 0, entryIds } }];
}
