import { NoAnswer, Refusal, type Network, type Request, type Sender } from './request.ts';
import { type RequestFault } from './request-faults.ts';

/** A request and its answer; both can be delayed or lost on their way, and either end can fail. */
export class Exchange<T> {
  readonly #network: Network;
  readonly #sender: Sender;
  readonly #request: Request<T>;
  readonly #resolve: (answer: T) => void;
  readonly #reject: (error: unknown) => void;
  readonly #fault: RequestFault | undefined;
  readonly #sentAtMs: number;
  #cancelTimeout: (() => void) | undefined;
  #tellServer: (() => void) | undefined;
  /** The sender knows the outcome. */
  #isOver = false;
  /** Its connection is closed. */
  #isBroken = false;

  constructor(
    network: Network,
    sender: Sender,
    request: Request<T>,
    promise: { readonly resolve: (answer: T) => void; readonly reject: (error: unknown) => void },
  ) {
    this.#network = network;
    this.#sender = sender;
    this.#request = request;
    this.#resolve = promise.resolve;
    this.#reject = promise.reject;
    this.#fault = network.faults.draw(request.kind ?? 'command');
    this.#sentAtMs = network.scheduler.nowMs;
  }

  send(): void {
    const { server, timeoutMs, kind } = this.#request;
    const { scheduler, faults } = this.#network;
    if (this.#fault !== undefined) this.#tell(() => `(${this.#fault})`);
    if (this.#fault === 'crash_before') {
      this.#sender.die();
      return;
    }
    server.open(this);
    if (!server.isUp || this.#fault === 'lost') {
      this.breakOff();
      return;
    }
    const latencyMs = this.#fault === 'late' ? timeoutMs + faults.latenessMs() : faults.latencyMs();
    if (kind === 'read' || latencyMs > timeoutMs) this.#watchTheClock();
    scheduler.after(latencyMs, () => this.#arrive());
    if (this.#fault === 'crash_sent') this.#sender.die();
  }

  /** The connection is gone; its sender notices at once. */
  breakOff(): void {
    this.#isBroken = true;
    this.#request.server.close(this);
    this.#tellServer?.();
    this.#network.scheduler.after(1, () => this.#fail('the connection broke'));
  }

  #arrive(): void {
    if (this.#request.server.isFrozen) this.#watchTheClock();
    this.#request.server.serve(() => this.#perform());
  }

  #perform(): void {
    if (this.#isBroken) return;
    if (this.#fault === 'twice') this.#attempt().catch((error: unknown) => this.#assertRefusal(error));
    const done = this.#attempt();
    if (this.#fault === 'crash_after') this.#sender.die();
    done.then(
      (answer) => (this.#fault === 'unanswered' ? this.breakOff() : this.#answer(answer)),
      (error: unknown) => this.#refuse(error),
    );
  }

  /** The effect's outcome as a promise, whether or not it is asynchronous. */
  async #attempt(): Promise<T> {
    return await this.#request.effect((act) => {
      this.#tellServer = act;
      this.#sender.onDeath(act);
    });
  }

  #answer(answer: T): void {
    const { server, timeoutMs, describe } = this.#request;
    const { scheduler, faults } = this.#network;
    server.close(this);
    const latencyMs = this.#fault === 'answered_late' ? 2 * timeoutMs : faults.latencyMs();
    if (scheduler.nowMs + latencyMs > this.#sentAtMs + timeoutMs) this.#watchTheClock();
    scheduler.after(latencyMs, () => {
      if (this.#isBroken) return;
      this.#finish(() => {
        this.#tell(() => `→ ${describe?.(answer) ?? 'done'}`);
        this.#resolve(answer);
      });
    });
  }

  #refuse(error: unknown): void {
    this.#assertRefusal(error);
    this.#request.server.close(this);
    this.#network.scheduler.after(this.#network.faults.latencyMs(), () =>
      this.#finish(() => {
        this.#tell(() => `→ refused: ${String(error)}`);
        this.#reject(error);
      }),
    );
  }

  #fail(message: string): void {
    this.#finish(() => {
      this.#tell(() => `→ ${message}`);
      this.#reject(new NoAnswer(`${this.#request.what}: ${message}`));
    });
  }

  /** Most answers come long before their deadline: the clock is watched only if it may pass. */
  #watchTheClock(): void {
    const { scheduler } = this.#network;
    const { timeoutMs } = this.#request;
    this.#cancelTimeout ??= scheduler.after(this.#sentAtMs + timeoutMs - scheduler.nowMs, () =>
      this.#giveUp(),
    );
  }

  #giveUp(): void {
    const { onTimeout } = this.#request;
    if (onTimeout === undefined) {
      this.#fail('no answer in time');
      return;
    }
    this.#finish(() => {
      this.#tell(() => '→ gave up waiting');
      this.#resolve(onTimeout());
    });
  }

  #finish(act: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimeout?.();
    this.#sender.hear(act);
  }

  #assertRefusal(error: unknown): void {
    if (!(error instanceof Refusal)) this.#network.onBroken(error);
  }

  #tell(text: () => string): void {
    this.#sender.tell(() => `${this.#request.what} ${text()}`);
  }
}
