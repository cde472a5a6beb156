import { callId } from '@turnlog/call-events';
import {
  isFaultOfTheCall,
  type FeedEntry,
  type LogPage,
  type ReadLogPages,
  type Trials,
} from '@turnlog/call-log';
import { tasksOf, type CallTask } from '../domain/call-task.ts';

/** After so many deliveries, one of the entries that were delivered together may have killed the process each time. */
const SUSPICIOUS_DELIVERIES = 3;
/** A call whose trials did not end this often is dead-lettered. */
const MAX_TRIALS = 3;
/** Beyond, the ids of entries that this process survived are dropped. */
const MAX_SURVIVED = 100_000;

/** Several processes died while they had only this call. */
class KilledItsReaderError extends Error {
  override readonly name = 'KilledItsReaderError';
  readonly code = 'killed_its_reader';

  constructor() {
    super(`${MAX_TRIALS} processes ended while they persisted nothing but this call`);
  }
}

interface TrySuspectsOptions {
  readonly trials: Trials;
  readonly readPages: ReadLogPages;
  /** Rejects if Postgres does not answer: a trial that waits for it would be counted as a failure of the call. */
  readonly assertReady: () => Promise<void>;
  /** Runs while nothing else is persisted. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
  readonly persistAlone: (task: CallTask) => Promise<void>;
  readonly setAside: (task: CallTask, log: LogPage | undefined, error: Error) => Promise<void>;
}

/**
 * Entries that are delivered again and again, because the processes that received them ended. Any of those delivered
 * together may be the cause, and so may the machine: each call is tried alone, calls that were tried before last. The
 * trial is noted in Redis before it begins. Only a call whose trials did not end is dead-lettered.
 *
 * Deliveries to this process, which is alive, do not make an entry a suspect: an outage of Postgres multiplies them.
 */
export class SuspectTrials {
  readonly #options: TrySuspectsOptions;
  readonly #survived = new Set<string>();
  /** Calls whose trial ended while Redis was unavailable. */
  readonly #notEnded = new Set<string>();

  constructor(options: TrySuspectsOptions) {
    this.#options = options;
  }

  isSuspect(entry: FeedEntry): boolean {
    return (entry.deliveries ?? 1) >= SUSPICIOUS_DELIVERIES && !this.#survived.has(idOf(entry));
  }

  /** This process survived an attempt at these entries. */
  survive(entries: readonly FeedEntry[]): void {
    if (this.#survived.size > MAX_SURVIVED) this.#survived.clear();
    for (const entry of entries) if (entry.deliveries !== undefined) this.#survived.add(idOf(entry));
  }

  /** Tries the calls of these entries one by one. Returns the calls that are not suspects, to be persisted as usual. */
  async tryEach(entries: readonly FeedEntry[]): Promise<CallTask[]> {
    if (entries.length === 0) return [];
    const { trials, alone, assertReady } = this.#options;
    const tasks = tasksOf(entries);
    const counts = await trials.counts(tasks.map(({ call }) => call));
    const suspects = tasks.flatMap((task, index) => {
      const count = counts[index];
      return count === undefined ? [] : [{ task, count }];
    });
    for (const { task } of suspects.sort((a, b) => a.count - b.count)) {
      await alone(async () => {
        await assertReady();
        await this.#try(task);
      });
    }
    return tasks.filter((_, index) => counts[index] === undefined);
  }

  async #try(task: CallTask): Promise<void> {
    const { trials, persistAlone, setAside } = this.#options;
    const { call } = task;
    const key = callId(call);
    if (this.#notEnded.has(key)) await trials.survive(call);
    if ((await trials.begin(call)) > MAX_TRIALS) {
      // Its trials stay: further requests for it are dead-lettered as well, until its dead letter is replayed.
      await setAside(task, await this.#headOf(task), new KilledItsReaderError());
      return;
    }
    this.#notEnded.add(key);
    try {
      await persistAlone(task);
    } finally {
      await trials.survive(call);
      this.#notEnded.delete(key);
    }
  }

  /** The head of a log, without entries. */
  async #headOf({ call }: CallTask): Promise<LogPage | undefined> {
    try {
      return (await this.#options.readPages([{ call, fromSeq: Number.MAX_SAFE_INTEGER }]))[0];
    } catch (error) {
      if (isFaultOfTheCall(error)) return undefined;
      throw error;
    }
  }
}

function idOf({ partition, id }: FeedEntry): string {
  return `${partition}:${id}`;
}
