import { Exchange } from './exchange.ts';
import { type Network, type Request, type Sender } from './request.ts';
import { type Trace } from './trace.ts';

/** The working memory of a process, besides what it keeps. */
const HEAP_BYTES = 30_000;

/** What the processes of one run share. */
export interface Kernel extends Network {
  readonly trace: Trace;
}

/**
 * One life of a process. All answers and timers reach it through this class: none once it is dead, and while
 * it is stopped all of them later, when it resumes.
 */
export class SimProcess implements Sender {
  readonly name: string;
  readonly #kernel: Kernel;
  readonly #onDeath: (() => void)[] = [];
  #held: (() => void)[] = [];
  #isAlive = true;
  #isStopped = false;

  constructor(name: string, kernel: Kernel) {
    this.name = name;
    this.#kernel = kernel;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Like SIGKILL: its memory is gone, and requests that it sent may still take effect. */
  readonly die = (): void => {
    if (!this.#isAlive) return;
    this.tell(() => 'dies');
    this.#isAlive = false;
    this.#held = [];
    for (const act of this.#onDeath) act();
  };

  /** At once if it is dead already. */
  readonly onDeath = (act: () => void): void => {
    if (this.#isAlive) this.#onDeath.push(act);
    else act();
  };

  /** Like SIGSTOP. */
  stop(): void {
    this.tell(() => 'is stopped');
    this.#isStopped = true;
  }

  /** Like SIGCONT. */
  goOn(): void {
    if (!this.#isStopped) return;
    this.tell(() => 'goes on');
    this.#isStopped = false;
    const held = this.#held;
    this.#held = [];
    for (const act of held) this.#kernel.scheduler.after(0, () => this.hear(act));
  }

  /** Unix ms. The clock of a stopped process continues. */
  readonly now = (): number => this.#kernel.scheduler.nowMs;

  readonly startTimer = (ms: number, act: () => void): (() => void) =>
    this.#kernel.scheduler.after(ms, () => this.hear(act));

  readonly pause = (ms: number): Promise<void> => new Promise((resolve) => this.startTimer(ms, resolve));

  /** Repeats for as long as the process lives, from now on. */
  every(ms: number, act: () => void): void {
    act();
    this.startTimer(ms, () => this.every(ms, act));
  }

  /** Sends a request; the promise of a dead process never settles. */
  request<T>(request: Request<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isAlive) new Exchange(this.#kernel, this, request, { resolve, reject }).send();
    });
  }

  /** Allocates memory: if it exceeds the limit, the process dies. */
  hold<T>(thing: T, bytes: number): Promise<T> {
    if (bytes <= HEAP_BYTES) return Promise.resolve(thing);
    this.tell(() => `has no room for ${bytes} bytes`);
    return this.dieOf();
  }

  /** Dies in the middle of its work: this promise never settles. */
  dieOf(): Promise<never> {
    this.die();
    return new Promise(() => undefined);
  }

  readonly tell = (text: () => string): void => this.#kernel.trace.tell(this.name, text);

  readonly hear = (act: () => void): void => {
    if (!this.#isAlive) return;
    if (this.#isStopped) this.#held.push(act);
    else act();
  };
}
