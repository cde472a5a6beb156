import { callId } from '@turnlog/call-events';
import { backoffDelayMs } from '@turnlog/service-kit';
import { joinTasks, type CallTask } from '../domain/call-task.ts';
import { type StuckCalls } from '../report/stuck-calls.ts';

/** The pause before a call that could not be written is tried again. */
const RETRY = { minMs: 500, maxMs: 30_000 };
/** After trouble with Redis or Postgres all calls are tried again within seconds. */
const TROUBLE = { minMs: 100, maxMs: 5_000 };
/** How often due calls are looked for. */
const TICK_MS = 250;
/** The most deferred calls: beyond, nothing more is read. */
const MAX_DEFERRED = 1_000;

/** How a deferred call is to be persisted: together with others, or by itself, because it failed or is very large. */
type DeferredKind = 'together' | 'alone';

interface DeferredCallsOptions {
  /** How long late events of a call are gathered before it is written again. */
  readonly gatherLateMs: number;
  readonly persistTogether: (tasks: readonly CallTask[]) => Promise<void>;
  readonly persistAlone: (task: CallTask, earlierAttempts: number) => Promise<void>;
  /** A call could not even be tried, because Redis or Postgres is in trouble. It stays deferred. */
  readonly onTrouble: (error: unknown) => void;
  /** A sign of life, while any call is deferred. */
  readonly onTick: () => void;
  readonly now: () => number;
  readonly startTimer: (ms: number, run: () => void) => unknown;
  readonly random?: () => number;
}

interface DeferredCall {
  readonly task: CallTask;
  readonly kind: DeferredKind;
  readonly dueAtMs: number;
}

/** How often a call failed alone, since when, and why. */
interface Failures {
  readonly attempts: number;
  readonly sinceMs: number;
  readonly cause: string;
}

/**
 * Calls that are not persisted with the batch that requested them: late events are gathered for a moment, and a call
 * that is slow, locked or very large is persisted by itself while others pass. Their entries stay pending until then.
 */
export class DeferredCalls {
  readonly #options: DeferredCallsOptions;
  readonly #deferred = new Map<string, DeferredCall>();
  readonly #running = new Set<string>();
  readonly #work = new Set<Promise<void>>();
  readonly #failures = new Map<string, Failures>();
  #isTicking = false;
  #isStopped = false;
  #troubles = 0;
  #onRoom: (() => void)[] = [];

  constructor(options: DeferredCallsOptions) {
    this.#options = options;
  }

  /** Keeps the tasks that are to be deferred, and returns those to be persisted now. */
  admit(tasks: readonly CallTask[]): CallTask[] {
    return tasks.flatMap((task) => {
      const key = callId(task.call);
      const other = this.#deferred.get(key);
      const joined = other === undefined ? task : joinTasks(other.task, task);
      if (other?.kind === 'alone') this.#deferred.set(key, { ...other, task: joined });
      else if (this.#running.has(key)) this.#defer(joined, 'together', this.#options.gatherLateMs);
      else if (joined.isLate && this.#options.gatherLateMs > 0) {
        if (other === undefined) this.#defer(task, 'together', this.#options.gatherLateMs);
        else this.#deferred.set(key, { ...other, task: joined });
      } else {
        this.#deferred.delete(key);
        return [joined];
      }
      return [];
    });
  }

  /** A call that is to be persisted alone, at once. */
  persistAlone(task: CallTask): void {
    this.#defer(task, 'alone', 0);
  }

  /** Retries a call that failed alone, after a pause that grows. */
  retryLater(task: CallTask, cause: string): void {
    const key = callId(task.call);
    const { attempts = 0, sinceMs = this.#options.now() } = this.#failures.get(key) ?? {};
    this.#failures.set(key, { attempts: attempts + 1, sinceMs, cause });
    const { random = Math.random } = this.#options;
    this.#defer(task, 'alone', backoffDelayMs(attempts, { ...RETRY, random }));
  }

  /** These calls are persisted or dead-lettered. */
  clear(keys: readonly string[]): void {
    for (const key of keys) this.#failures.delete(key);
  }

  /** Resolves when there is room for more. */
  async untilRoom(): Promise<void> {
    while (this.#deferred.size >= MAX_DEFERRED && !this.#isStopped)
      await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  stuck(): StuckCalls {
    let oldest: Failures | undefined;
    for (const failures of this.#failures.values())
      if (oldest === undefined || failures.sinceMs < oldest.sinceMs) oldest = failures;
    const oldestMs = oldest === undefined ? 0 : Math.round(this.#options.now() - oldest.sinceMs);
    return { calls: this.#failures.size, oldestMs, cause: oldest?.cause };
  }

  /** Resolves when the attempts in progress are done. Nothing more is tried: deferred calls stay pending in the feed. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#makeRoom();
    await Promise.all(this.#work);
  }

  #defer(task: CallTask, kind: DeferredKind, delayMs: number): void {
    const key = callId(task.call);
    const other = this.#deferred.get(key);
    const joined = other === undefined ? task : joinTasks(other.task, task);
    this.#deferred.set(key, { task: joined, kind, dueAtMs: this.#options.now() + delayMs });
    if (delayMs === 0) this.#options.startTimer(0, () => this.#runDue());
    this.#tickOn();
  }

  #tickOn(): void {
    if (this.#isTicking || this.#isStopped || this.#deferred.size === 0) return;
    this.#isTicking = true;
    this.#options.startTimer(TICK_MS, () => {
      this.#isTicking = false;
      this.#options.onTick();
      this.#runDue();
      this.#tickOn();
    });
  }

  #runDue(): void {
    if (this.#isStopped) return;
    const nowMs = this.#options.now();
    const due = [...this.#deferred].filter(
      ([key, { dueAtMs }]) => dueAtMs <= nowMs && !this.#running.has(key),
    );
    for (const [key] of due) this.#deferred.delete(key);
    this.#makeRoom();
    const tasksOf = (kind: DeferredKind) =>
      due.filter(([, waiting]) => waiting.kind === kind).map(([, { task }]) => task);
    const together = tasksOf('together');
    const { persistTogether, persistAlone } = this.#options;
    if (together.length > 0) this.#run(together, 'together', () => persistTogether(together));
    for (const task of tasksOf('alone')) {
      const { attempts = 0 } = this.#failures.get(callId(task.call)) ?? {};
      this.#run([task], 'alone', () => persistAlone(task, attempts));
    }
  }

  #run(tasks: readonly CallTask[], kind: DeferredKind, persist: () => Promise<void>): void {
    const keys = tasks.map(({ call }) => callId(call));
    for (const key of keys) this.#running.add(key);
    const work = persist()
      .then(() => {
        this.#troubles = 0;
      })
      .catch((error: unknown) => {
        this.#troubles += 1;
        this.#options.onTrouble(error);
        const { random = Math.random } = this.#options;
        const delayMs = backoffDelayMs(this.#troubles - 1, { ...TROUBLE, random });
        for (const task of tasks) this.#defer(task, kind, Math.max(1, delayMs));
      })
      .finally(() => {
        for (const key of keys) this.#running.delete(key);
        this.#work.delete(work);
      });
    this.#work.add(work);
  }

  #makeRoom(): void {
    if (this.#deferred.size >= MAX_DEFERRED && !this.#isStopped) return;
    const resolvers = this.#onRoom;
    this.#onRoom = [];
    for (const resolve of resolvers) resolve();
  }
}
