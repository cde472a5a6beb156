import {
  isFaultOfTheCall,
  type DeadLetter,
  type DeadLetters,
  type FeedEntry,
  type ReadCallLogs,
  type SettledCall,
} from '@turnlog/call-log';
import { keyOf, tasksOf, type CallTask } from './domain/call-task.ts';
import { type LoggedEvent } from './domain/logged-events.ts';
import { splitBatches } from './domain/split-batches.ts';
import { type Suspects } from './domain/suspects.ts';
import { callLetter, eventLetter } from './letters.ts';
import { prepareCall, type FoldedCall, type PreparedCall } from './prepare-call.ts';
import { type PersistReport } from './report/persist-report.ts';
import { Slots } from './slots.ts';
import { attemptEach } from './store/attempt-each.ts';
import { type CallAttempt, type CallWriter } from './store/call-writer.ts';

/** The most events of one read. Their size is not known before; their number is. */
const MAX_READ_EVENTS = 20_000;
/** The most text of one write. */
const MAX_WRITE_BYTES = 8_000_000;

/** What persisting calls takes. */
export interface PersistCallsOptions {
  readonly readLogs: ReadCallLogs;
  readonly write: CallWriter;
  readonly settle: (settled: readonly SettledCall[]) => Promise<void>;
  readonly letters: Pick<DeadLetters, 'add'>;
  readonly suspects: Suspects;
  readonly report: PersistReport;
  readonly batchCalls: number;
  /** The most writes at once: as many as there are connections. One that waited for a connection would take Postgres for dead. */
  readonly maxWrites: number;
  /** Told after each batch. */
  readonly onBatch: () => void;
  readonly isStopping: () => boolean;
  readonly now: () => number;
}

/**
 * Makes the handler of the persist feed: the newest state of each call goes to Postgres, and what asked for it is
 * acknowledged only then. Throws when Redis or Postgres is in trouble; whatever is not acknowledged stays pending.
 */
export function createCallPersister(options: PersistCallsOptions) {
  const writeSlots = new Slots(options.maxWrites);
  const { readLogs, write, settle, suspects, report, batchCalls, onBatch, isStopping, now } = options;

  const prepare = async (tasks: readonly CallTask[]): Promise<PreparedCall[]> => {
    const read = (some: readonly CallTask[]) => readLogs(some.map(({ call }) => ({ call, fromSeq: 1 })));
    const attempts = await attemptEach(tasks, { write: read, classify: blame });
    return attempts.map((attempt) =>
      attempt.ok
        ? prepareCall(attempt.item, attempt.result)
        : { kind: 'broken', task: attempt.item, entries: [], error: attempt.error },
    );
  };

  const persist = async (prepared: readonly PreparedCall[]): Promise<void> => {
    const folded = await setAsideUndecodable(prepared.flatMap(foldedOf));
    const attempts = await report.timed(folded.length, () => write(folded.filter(hasEvents)));
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
    for (const { task, entries, error } of [...prepared.flatMap(brokenOf), ...unsettled])
      await refuse(task, entries, error, 'unknown');
    for (const attempt of attempts)
      if (!attempt.ok) await refuse(attempt.item.task, attempt.item.log.entries, attempt.error, attempt.kind);
  };

  /** Resolves to those that could not be settled: they are in Postgres, and stay pending. */
  const settleEach = async (settlements: readonly Settlement[]): Promise<BrokenCall[]> => {
    const settleSome = async (some: readonly Settlement[]): Promise<readonly Settlement[]> => {
      await settle(some.map(({ settled }) => settled));
      return some;
    };
    const attempts = await attemptEach(settlements, { write: settleSome, classify: blame });
    suspects.clear(attempts.filter(({ ok }) => ok).map(({ item }) => keyOf(item.task.call)));
    return attempts.flatMap((attempt) =>
      attempt.ok ? [] : [{ task: attempt.item.task, entries: [], error: attempt.error }],
    );
  };

  /** Resolves to the calls whose undecodable entries are safe. The others stay pending as they are. */
  const setAsideUndecodable = async (calls: readonly FoldedCall[]): Promise<readonly FoldedCall[]> => {
    if (calls.every(({ undecodable }) => undecodable.length === 0)) return calls;
    const safe: FoldedCall[] = [];
    for (const call of calls) {
      // What was archived before, and left out, was set aside before.
      const news = call.undecodable.filter(({ seq }) => seq > call.archivedSeq);
      const letters = news.map((entry) => eventLetter(call.task, entry, now()));
      const added = await Promise.all(letters.map((letter) => addLetter(letter, [])));
      if (added.every(Boolean)) safe.push(call);
    }
    return safe;
  };

  /** A call that failed by itself. Where the reason is unknown, it gets more chances: it is claimed again as idle. */
  const refuse = async (
    task: CallTask,
    log: readonly LoggedEvent[],
    error: unknown,
    kind: 'row' | 'unknown',
  ): Promise<void> => {
    const isGivenUp = kind === 'row' || suspects.fail(keyOf(task.call));
    report.failed(task, error, isGivenUp ? 'dead' : 'deferred');
    if (isGivenUp) await addLetter(callLetter(task, log, error, now()), task.entryIds);
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

  const persistTasks = async (tasks: readonly CallTask[]): Promise<void> => {
    const batches = splitBatches(await prepare(tasks), {
      maxItems: batchCalls,
      maxWeight: MAX_WRITE_BYTES,
      weightOf: bytesOf,
    });
    for (const batch of batches) {
      await writeSlots.use(async () => {
        if (!isStopping()) await persist(batch);
      });
      onBatch();
    }
  };

  return async (entries: readonly FeedEntry[]): Promise<void> => {
    const reads = splitBatches(tasksOf(entries), {
      maxItems: batchCalls,
      maxWeight: MAX_READ_EVENTS,
      weightOf: ({ seq }) => seq,
    });
    for (const tasks of reads) await persistTasks(tasks);
  };
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

/** A call that Redis or the fold can do nothing with. */
interface BrokenCall {
  readonly task: CallTask;
  readonly entries: readonly LoggedEvent[];
  readonly error: unknown;
}

function brokenOf(prepared: PreparedCall): BrokenCall[] {
  return prepared.kind === 'broken' ? [prepared] : [];
}

/** Of what Redis refuses, a call may be to blame, or Redis itself is in trouble. */
function blame(error: unknown): 'unknown' | 'unavailable' {
  return isFaultOfTheCall(error) ? 'unknown' : 'unavailable';
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

function bytesOf(prepared: PreparedCall): number {
  return prepared.kind === 'folded' ? prepared.folded.bytes : 0;
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
