import { type DeadLetters, type FeedEntry, type ReadLogPages, type Trials } from '@turnlog/call-log';
import { type CallStore } from '@turnlog/call-store';
import { tasksOf, type CallTask } from '../domain/call-task.ts';
import { splitBatches } from '../domain/split-batches.ts';
import { type Suspects } from '../domain/suspects.ts';
import { type PersistObserver } from '../report/persist-report.ts';
import { type CallOutcome } from '../store/call-outcome.ts';
import { type CallWriter } from '../store/call-writer.ts';
import { toDatabaseTrouble } from '../store/database-watch.ts';
import { foldCall } from './fold-call.ts';
import { foldLongCall, longSegments, wholeLog, type CallLimits } from './fold-long-call.ts';
import { BatchPersister, hasEvents, type PersistBatchOptions } from './persist-batch.ts';
import { bytesOf, readLogs, type LogRead, type LongLog } from './read-logs.ts';
import { Semaphore } from './semaphore.ts';
import { SetAside } from './set-aside.ts';
import { SuspectTrials } from './try-suspects.ts';
import { type StuckCalls } from '../report/stuck-calls.ts';
import { DeferredCalls } from './deferred-calls.ts';

/** The most events of one read. Their number is known before the read, and their size is not. */
const MAX_READ_EVENTS = 20_000;
/** The most text of one write. */
const MAX_WRITE_BYTES = 8_000_000;
/** The most text that is folded and waits for Postgres. */
const MAX_FOLDED_BYTES = 64_000_000;
/** The most concurrent reads; their bytes are counted only when they are folded. */
const MAX_READS = 3;
/** More than there is ever work: a trial takes all of it and therefore runs alone. */
const ALL_WORK = 1_000_000;

/** What persisting calls needs. */
export interface PersistCallsOptions {
  readonly readPages: ReadLogPages;
  readonly writer: Pick<CallWriter, 'write' | 'archive'>;
  readonly commit: PersistBatchOptions['commit'];
  readonly letters: Pick<DeadLetters, 'add'>;
  readonly trials: Trials;
  readonly ping: CallStore['ping'];
  readonly suspects: Suspects;
  readonly report: PersistObserver;
  readonly limits: CallLimits;
  readonly batchCalls: number;
  /** The most concurrent writes: as many as there are connections. A write that waited for one would time out. */
  readonly maxWrites: number;
  /** How long late events of a call are gathered before it is written again; 0 for not at all. */
  readonly gatherLateMs: number;
  /** Called after each step of the work. */
  readonly onBeat: () => void;
  /** A call that waits could not be tried, because Redis or Postgres is in trouble. */
  readonly onTrouble: (error: unknown) => void;
  /** Called after a long call, whose memory is not needed any more. */
  readonly onLongCall: () => void;
  readonly isStopping: () => boolean;
  readonly now: () => number;
  readonly startTimer: (ms: number, run: () => void) => unknown;
  readonly random?: () => number;
}

/**
 * Persists the calls that the persist feed names: reads their logs, folds them, writes them to Postgres, commits in Redis
 * what Postgres has, and sets aside what failed.
 */
export class CallPersister {
  readonly #options: PersistCallsOptions;
  readonly #batch: BatchPersister;
  readonly #setAside: SetAside;
  readonly #deferred: DeferredCalls;
  readonly #trials: SuspectTrials;
  readonly #work = new Semaphore(ALL_WORK);
  readonly #reads = new Semaphore(MAX_READS);
  readonly #foldedBytes = new Semaphore(MAX_FOLDED_BYTES);
  readonly #writes: Semaphore;
  readonly #aloneWrites: Semaphore;
  readonly #longCalls = new Semaphore(1);

  constructor(options: PersistCallsOptions) {
    const { maxWrites, onBeat, trials, onTrouble } = options;
    this.#options = options;
    this.#writes = new Semaphore(maxWrites);
    // A slow call holds a connection for long: others are left for the calls that are not slow.
    this.#aloneWrites = new Semaphore(Math.max(1, Math.floor(maxWrites / 2)));
    this.#deferred = new DeferredCalls({
      ...options,
      persistTogether: (tasks) => this.#persistInReads(tasks),
      persistAlone: (task, earlierAttempts) =>
        this.#aloneWrites.use(() => this.#work.use(() => this.#persistAlone(task, earlierAttempts))),
      onTick: onBeat,
    });
    const onDone = (keys: readonly string[]) => this.#deferred.clear(keys);
    const retryLater = async (task: CallTask, reason: string): Promise<void> => {
      this.#deferred.retryLater(task, reason);
      await trials.survive(task.call).catch(onTrouble);
    };
    this.#setAside = new SetAside({ ...options, retryLater, onDone });
    this.#batch = new BatchPersister({ ...options, setAside: this.#setAside, onDone });
    this.#trials = this.#createTrials();
  }

  /**
   * The handler of the persist feed: the newest state of each call goes to Postgres, and its entries are acknowledged only
   * then. Throws when Redis or Postgres is in trouble; what is not acknowledged stays pending.
   */
  async handle(entries: readonly FeedEntry[]): Promise<void> {
    const trials = this.#trials;
    try {
      await this.#deferred.untilRoom();
      await this.#persistTasks(tasksOf(entries.filter((entry) => !trials.isSuspect(entry))));
      await this.#persistTasks(await trials.tryEach(entries.filter((entry) => trials.isSuspect(entry))));
    } finally {
      trials.survive(entries);
    }
  }

  /** Calls that can't be written at present, while others are. */
  stuck(): StuckCalls {
    return this.#deferred.stuck();
  }

  /** Resolves when what is in progress is done. */
  stop(): Promise<void> {
    return this.#deferred.stop();
  }

  #persistTasks(tasks: readonly CallTask[]): Promise<void> {
    return this.#persistInReads(this.#deferred.admit(tasks));
  }

  /** Each read has limits, however many calls are due at the same time. */
  async #persistInReads(tasks: readonly CallTask[]): Promise<void> {
    const limits = {
      maxItems: this.#options.batchCalls,
      maxWeight: MAX_READ_EVENTS,
      weightOf: ({ seq }: CallTask) => seq,
    };
    for (const some of splitBatches(tasks, limits)) await this.#work.use(() => this.#persistTogether(some));
  }

  async #persistTogether(tasks: readonly CallTask[]): Promise<void> {
    const { readPages, limits, batchCalls } = this.#options;
    const reads = await this.#reads.use(() => readLogs(readPages, tasks, limits));
    for (const read of reads) if (read.kind === 'long') this.#deferred.persistAlone(read.task);
    const writes = { maxItems: batchCalls, maxWeight: MAX_WRITE_BYTES, weightOf: bytesOf };
    for (const some of splitBatches(reads, writes)) await this.#foldAndPersist(some);
  }

  async #persistAlone(task: CallTask, earlierAttempts: number): Promise<void> {
    const { readPages, limits, onLongCall } = this.#options;
    const [read] = await readLogs(readPages, [task], limits);
    if (read === undefined) return;
    if (read.kind !== 'long') return this.#foldAndPersist([read], earlierAttempts);
    await this.#longCalls.use(() => this.#persistLong(read, earlierAttempts).finally(onLongCall));
  }

  /** Folds no earlier than there is room for the result of the fold. */
  #foldAndPersist(reads: readonly LogRead[], earlierAttempts = 0): Promise<void> {
    const bytes = reads.reduce((sum, read) => sum + bytesOf(read), 0);
    const work = () => this.#persist(reads.flatMap(foldRead), earlierAttempts);
    return this.#foldedBytes.use(work, bytes);
  }

  async #persistLong(read: LongLog, earlierAttempts: number): Promise<void> {
    const { writer, trials, isStopping, onBeat } = this.#options;
    const outcome = await foldLongCall(read, this.#options);
    // Another replica may take the entry for that of a dead process, as long as this takes.
    await trials.survive(read.task.call);
    if (outcome.kind === 'folded' && hasEvents(outcome)) {
      for await (const segments of longSegments(outcome, read, this.#options)) {
        if (isStopping()) return;
        const broken = await this.#writes.use(() => writer.archive(outcome, segments));
        onBeat();
        if (broken !== undefined) return this.#setAside.broken(broken);
      }
    }
    await this.#persist([outcome], earlierAttempts);
  }

  #persist(outcomes: readonly CallOutcome[], earlierAttempts: number): Promise<void> {
    return this.#writes.use(async () => {
      if (!this.#options.isStopping()) await this.#batch.persist(outcomes, earlierAttempts);
      this.#options.onBeat();
    });
  }

  #createTrials(): SuspectTrials {
    return new SuspectTrials({
      ...this.#options,
      assertReady: async () => {
        await this.#options.ping().catch((error: unknown) => {
          throw toDatabaseTrouble(error);
        });
      },
      alone: (work) => this.#work.use(work, ALL_WORK),
      persistAlone: (task) => this.#persistAlone(task, 0),
      setAside: (task, head, error) => {
        const log = head?.epoch === undefined ? undefined : wholeLog(head, head.epoch);
        return this.#setAside.broken({ kind: 'broken', task, log, error, cause: 'row' });
      },
    });
  }
}

/** A long log is left out: it is folded alone. */
function foldRead(read: LogRead): CallOutcome[] {
  if (read.kind === 'whole') return [foldCall(read)];
  return read.kind === 'broken' ? [read] : [];
}
