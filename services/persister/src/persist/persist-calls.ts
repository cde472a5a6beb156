import { type DeadLetters, type FeedEntry, type ReadLogPages, type Trials } from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import { ByteBudget } from './byte-budget.ts';
import { tasksOf, type CallTask } from '../domain/call-task.ts';
import { splitBatches } from '../domain/split-batches.ts';
import { type Suspects } from '../domain/suspects.ts';
import { Gate } from './gate.ts';
import { createBatchPersister, type PersistBatchOptions } from './persist-batch.ts';
import { createLongCallReader, wholeLog, type CallLimits } from './persist-long-call.ts';
import { pointerOf, prepareCall, type PreparedCall } from './prepare-call.ts';
import { bytesOf, readLogs, type LogRead } from './read-logs.ts';
import { type PersistReport } from '../report/persist-report.ts';
import { Slots } from './slots.ts';
import { type CallWriter } from '../store/call-writer.ts';
import { toDatabaseTrouble } from '../store/database-watch.ts';
import { SuspectTrials } from './try-suspects.ts';
import { WaitingCalls, type StuckCalls } from './waiting-calls.ts';

/** The most events of one read. Their size is not known before; their number is. */
const MAX_READ_EVENTS = 20_000;
/** The most text of one write. */
const MAX_WRITE_BYTES = 8_000_000;
/** The most text that is folded and waits for Postgres. */
const MAX_FOLDED_BYTES = 64_000_000;
/** So many reads are under way at once; what they bring counts only when it is folded. */
const MAX_READS = 3;

/** What persisting calls takes. */
export interface PersistCallsOptions {
  readonly readPages: ReadLogPages;
  readonly writer: CallWriter;
  readonly settle: PersistBatchOptions['settle'];
  readonly letters: Pick<DeadLetters, 'add'>;
  readonly trials: Trials;
  readonly ping: CallStore['ping'];
  readonly suspects: Suspects;
  readonly report: PersistReport;
  readonly limits: CallLimits;
  readonly batchCalls: number;
  /** The most writes at once: as many as there are connections. One that waited for a connection would take Postgres for dead. */
  readonly maxWrites: number;
  /** How long events that come after the end of a call are gathered before it is written again; 0 for not at all. */
  readonly gatherLateMs: number;
  /** Told after each step of the work. */
  readonly onBeat: () => void;
  /** A call that waits could not be tried, because Redis or Postgres is in trouble. */
  readonly onTrouble: (error: unknown) => void;
  /** Told after a long call: it took much memory, which is not needed any more. */
  readonly onLongCall: () => void;
  readonly isStopping: () => boolean;
  readonly now: () => number;
  readonly startTimer: (ms: number, run: () => void) => unknown;
  readonly random?: () => number;
}

/** Persists the calls that the persist feed asks for. */
export interface CallPersister {
  /**
   * The handler of the persist feed: the newest state of each call goes to Postgres, and what asked for it is acknowledged
   * only then. Throws when Redis or Postgres is in trouble; whatever is not acknowledged stays pending.
   */
  handle(entries: readonly FeedEntry[]): Promise<void>;
  /** Calls that can't be written at present, while others are. */
  stuck(): StuckCalls;
  /** Resolves when what waited and is under way is done. */
  stop(): Promise<void>;
}

/** Makes the persister of calls. */
export function createCallPersister(options: PersistCallsOptions): CallPersister {
  const { readPages, writer, limits, batchCalls, maxWrites, onBeat, isStopping } = options;
  const gate = new Gate();
  const readSlots = new Slots(MAX_READS);
  const budget = new ByteBudget(MAX_FOLDED_BYTES);
  const writeSlots = new Slots(maxWrites);
  // A call that is slow holds a connection for long: there are others left for those that are not.
  const aloneSlots = new Slots(Math.max(1, Math.floor(maxWrites / 2)));
  const longSlot = new Slots(1);

  const batch = createBatchPersister({
    ...options,
    write: writer.write,
    retryLater: async (task, cause) => {
      waiting.retryLater(task, cause);
      await options.trials.survive(task.call).catch(options.onTrouble);
    },
    onDone: (keys) => waiting.clear(keys),
  });
  const readLong = createLongCallReader({ ...options, onPage: onBeat });

  const write = (prepared: readonly PreparedCall[], earlierAttempts: number): Promise<void> =>
    writeSlots.use(async () => {
      if (!isStopping()) await batch.persist(prepared, { earlierAttempts });
      onBeat();
    });

  /** Folded no earlier than there is room for what the fold makes. */
  const foldAndWrite = (reads: readonly LogRead[], earlierAttempts = 0): Promise<void> =>
    budget.use(total(reads.map(bytesOf)), () => write(reads.flatMap(prepare), earlierAttempts));

  const persistLong = async ({ task, first }: LongRead, earlierAttempts: number): Promise<void> => {
    const { prepared, stretches } = await readLong(task, first);
    // Another replica may take the entry for that of a dead process, as long as this takes.
    await options.trials.survive(task.call);
    if (prepared.kind === 'folded' && prepared.folded.summary.version > 0) {
      const { folded } = prepared;
      for await (const segments of stretches()) {
        if (isStopping()) return;
        const attempt = await writeSlots.use(() => writer.archive(folded, segments));
        onBeat();
        if (!attempt.ok) return batch.refuse(task, pointerOf(folded), attempt.error, attempt.kind);
      }
    }
    await write([prepared], earlierAttempts);
  };

  const persistTogether = async (tasks: readonly CallTask[]): Promise<void> => {
    const reads = await readSlots.use(() => readLogs(readPages, tasks, limits));
    for (const read of reads) if (isLong(read)) waiting.persistAlone(read.task);
    const writes = { maxItems: batchCalls, maxWeight: MAX_WRITE_BYTES, weightOf: bytesOf };
    for (const some of splitBatches(reads, writes)) await foldAndWrite(some);
  };

  /** Each read has limits, however many calls are due at the same time. */
  const persistInReads = async (tasks: readonly CallTask[]): Promise<void> => {
    const reads = { maxItems: batchCalls, maxWeight: MAX_READ_EVENTS, weightOf: seqOf };
    for (const some of splitBatches(tasks, reads)) await gate.beside(() => persistTogether(some));
  };

  const persistAlone = async (task: CallTask, earlierAttempts: number): Promise<void> => {
    const [read] = await readLogs(readPages, [task], limits);
    if (read === undefined) return;
    if (isLong(read))
      await longSlot.use(() => persistLong(read, earlierAttempts).finally(options.onLongCall));
    else await foldAndWrite([read], earlierAttempts);
  };

  const waiting = new WaitingCalls({
    ...options,
    persistTogether: persistInReads,
    persistAlone: (task, earlierAttempts) =>
      aloneSlots.use(() => gate.beside(() => persistAlone(task, earlierAttempts))),
    onTick: onBeat,
  });

  const trials = new SuspectTrials({
    ...options,
    assertReady: async () => {
      await options.ping().catch((error: unknown) => {
        throw toDatabaseTrouble(error);
      });
    },
    alone: (work) => gate.alone(work),
    persistAlone: (task) => persistAlone(task, 0),
    setAside: (task, log, error) =>
      batch.refuse(task, log?.epoch === undefined ? undefined : wholeLog(log, log.epoch), error, 'row'),
  });

  const persistTasks = (tasks: readonly CallTask[]): Promise<void> => persistInReads(waiting.admit(tasks));

  const handle = async (entries: readonly FeedEntry[]): Promise<void> => {
    try {
      await waiting.untilRoom();
      await persistTasks(tasksOf(entries.filter((entry) => !trials.isSuspect(entry))));
      await persistTasks(await trials.tryEach(entries.filter((entry) => trials.isSuspect(entry))));
    } finally {
      trials.survive(entries);
    }
  };

  return { handle, stuck: () => waiting.stuck(), stop: () => waiting.stop() };
}

type LongRead = LogRead & { readonly kind: 'long' };

function isLong(read: LogRead): read is LongRead {
  return read.kind === 'long';
}

function prepare(read: LogRead): PreparedCall[] {
  if (read.kind === 'whole') return [prepareCall(read.task, read.pages)];
  return read.kind === 'broken' ? [read] : [];
}

function seqOf({ seq }: CallTask): number {
  return seq;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
