import { callId } from '@turnlog/call-events';
import { backoffDelayMs } from '@turnlog/service-kit';
import { joinTasks, type CallTask } from '../domain/call-task.ts';
import { type StuckCalls } from '../report/stuck-calls.ts';

/** A call that could not be written is tried again after so long. */
const RETRY = { minMs: 500, maxMs: 30_000 };
/** After trouble with Redis or Postgres all calls are tried again within seconds. */
const TROUBLE = { minMs: 100, maxMs: 5_000 };
/** How often is looked for calls that are due. */
const TICK_MS = 250;
/** The most calls that wait: beyond, nothing more is read. */
const MAX_WAITING = 1_000;

/** How a waiting call is to be persisted: together with others, or by itself, because it failed or is very large. */
export type WaitingKind = 'together' | 'alone';

/** What waiting calls take. */
export interface WaitingCallsOptions {
  /** How long events that come after the end of a call are gathered before it is written again. */
  readonly gatherLateMs: number;
  readonly persistTogether: (tasks: readonly CallTask[]) => Promise<void>;
  readonly persistAlone: (task: CallTask, earlierAttempts: number) => Promise<void>;
  /** It could not even be tried (Redis or Postgres is in trouble): it stays, and is tried again. */
  readonly onTrouble: (error: unknown) => void;
  /** Proof of life, while anything waits. */
  readonly onTick: () => void;
  readonly now: () => number;
  readonly startTimer: (ms: number, run: () => void) => unknown;
  readonly random?: () => number;
}

interface Waiting {
  readonly task: CallTask;
  readonly kind: WaitingKind;
  readonly dueAtMs: number;
}

/** How often a call failed alone, since when, and why. */
interface Failures {
  readonly attempts: number;
  readonly sinceMs: number;
  readonly cause: string;
}

/**
 * Calls that are not persisted with the batch that asked for them: late events are gathered for a moment, and a call that
 * is slow, locked or very large is persisted by itself while others pass. Their feed entries stay pending until then.
 */
export class WaitingCalls {
  readonly #options: WaitingCallsOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #running = new Set<string>();
  readonly #work = new Set<Promise<void>>();
  readonly #failures = new Map<string, Failures>();
  #isTicking = false;
  #isStopped = false;
  #troubles = 0;
  #onRoom: (() => void)[] = [];

  constructor(options: WaitingCallsOptions) {
    this.#options = options;
  }

  /** Keeps the tasks that are to wait, and returns those to be persisted now. */
  admit(tasks: readonly CallTask[]): CallTask[] {
    return tasks.flatMap((task) => {
      const key = callId(task.call);
      const other = this.#waiting.get(key);
      const joined = other === undefined ? task : joinTasks(other.task, task);
      if (other?.kind === 'alone') this.#waiting.set(key, { ...other, task: joined });
      else if (this.#running.has(key)) this.#wait(joined, 'together', this.#options.gatherLateMs);
      else if (joined.isLate && this.#options.gatherLateMs > 0) {
        if (other === undefined) this.#wait(task, 'together', this.#options.gatherLateMs);
        else this.#waiting.set(key, { ...other, task: joined });
      } else {
        this.#waiting.delete(key);
        return [joined];
      }
      return [];
    });
  }

  /** A call that is to be persisted alone, at once. */
  persistAlone(task: CallTask): void {
    this.#wait(task, 'alone', 0);
  }

  /** A call that failed alone: it is tried again after a pause, which grows. Returns how often it has failed. */
  retryLater(task: CallTask, cause: string): number {
    const key = callId(task.call);
    const { attempts = 0, sinceMs = this.#options.now() } = this.#failures.get(key) ?? {};
    this.#failures.set(key, { attempts: attempts + 1, sinceMs, cause });
    const { random } = this.#options;
    this.#wait(task, 'alone', backoffDelayMs(attempts, { ...RETRY, ...(random && { random }) }));
    return attempts + 1;
  }

  /** These calls are persisted or set aside. */
  clear(keys: readonly string[]): void {
    for (const key of keys) this.#failures.delete(key);
  }

  /** Resolves when there is room for more. */
  async untilRoom(): Promise<void> {
    while (this.#waiting.size >= MAX_WAITING && !this.#isStopped)
      await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  stuck(): StuckCalls {
    let oldest: Failures | undefined;
    for (const failures of this.#failures.values())
      if (oldest === undefined || failures.sinceMs < oldest.sinceMs) oldest = failures;
    const oldestMs = oldest === undefined ? 0 : Math.round(this.#options.now() - oldest.sinceMs);
    return { calls: this.#failures.size, oldestMs, cause: oldest?.cause };
  }

  /** Resolves when what is under way is done. Nothing more is tried: what waits stays pending in the feed. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#makeRoom();
    await Promise.all(this.#work);
  }

  #wait(task: CallTask, kind: WaitingKind, delayMs: number): void {
    const key = callId(task.call);
    const other = this.#waiting.get(key);
    const joined = other === undefined ? task : joinTasks(other.task, task);
    this.#waiting.set(key, { task: joined, kind, dueAtMs: this.#options.now() + delayMs });
    if (delayMs === 0) this.#options.startTimer(0, () => this.#runDue());
    this.#tickOn();
  }

  #tickOn(): void {
    if (this.#isTicking || this.#isStopped || this.#waiting.size === 0) return;
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
    const due = [...this.#waiting].filter(
      ([key, { dueAtMs }]) => dueAtMs <= nowMs && !this.#running.has(key),
    );
    for (const [key] of due) this.#waiting.delete(key);
    this.#makeRoom();
    const tasksOf = (kind: WaitingKind) =>
      due.filter(([, waiting]) => waiting.kind === kind).map(([, { task }]) => task);
    const together = tasksOf('together');
    const { persistTogether, persistAlone } = this.#options;
    if (together.length > 0) this.#run(together, 'together', () => persistTogether(together));
    for (const task of tasksOf('alone')) {
      const { attempts = 0 } = this.#failures.get(callId(task.call)) ?? {};
      this.#run([task], 'alone', () => persistAlone(task, attempts));
    }
  }

  #run(tasks: readonly CallTask[], kind: WaitingKind, persist: () => Promise<void>): void {
    const keys = tasks.map(({ call }) => callId(call));
    for (const key of keys) this.#running.add(key);
    const work = persist()
      .then(() => {
        this.#troubles = 0;
      })
      .catch((error: unknown) => {
        this.#troubles += 1;
        this.#options.onTrouble(error);
        const { random } = this.#options;
        const delayMs = backoffDelayMs(this.#troubles - 1, { ...TROUBLE, ...(random && { random }) });
        for (const task of tasks) this.#wait(task, kind, Math.max(1, delayMs));
      })
      .finally(() => {
        for (const key of keys) this.#running.delete(key);
        this.#work.delete(work);
      });
    this.#work.add(work);
  }

  #makeRoom(): void {
    if (this.#waiting.size >= MAX_WAITING && !this.#isStopped) return;
    const resolvers = this.#onRoom;
    this.#onRoom = [];
    for (const resolve of resolvers) resolve();
  }
}
