import { type Scheduler } from './scheduler.ts';

/** An action over a connection that may break. */
export interface Breakable {
  breakOff(): void;
}

/**
 * A server and its connections: it may be down, and it may be frozen, accepting requests without executing
 * them.
 */
export class Server {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #exchanges = new Set<Breakable>();
  #waiting: (() => void)[] = [];
  #frozenUntilMs = 0;
  #isUp = true;

  constructor(name: string, scheduler: Scheduler) {
    this.name = name;
    this.#scheduler = scheduler;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get isFrozen(): boolean {
    return this.#scheduler.nowMs < this.#frozenUntilMs;
  }

  open(exchange: Breakable): void {
    this.#exchanges.add(exchange);
  }

  close(exchange: Breakable): void {
    this.#exchanges.delete(exchange);
  }

  /** Runs a request: now, or when the server thaws. */
  serve(act: () => void): void {
    if (this.isFrozen) this.#waiting.push(act);
    else act();
  }

  /** Every connection breaks, and no new one can be made. */
  goDown(): void {
    this.#isUp = false;
    this.#waiting = [];
    for (const exchange of [...this.#exchanges]) exchange.breakOff();
  }

  comeUp(): void {
    this.#isUp = true;
  }

  freezeFor(ms: number): void {
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, this.#scheduler.nowMs + ms);
    this.#scheduler.after(ms, () => {
      if (this.isFrozen) return;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const act of waiting) act();
    });
  }
}
