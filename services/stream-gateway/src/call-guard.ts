/*
 * Every way by which Node enters the code of one call: listeners of its sockets, timers, ticks, answers of Redis. A fault in any
 * of them ends that call, and never the process, which holds the calls of others. ESLint refuses a listener, a timer or a
 * `then` elsewhere in the folders of calls.
 */
import { type Logger } from '@turnlog/service-kit';
import { type WebSocket } from 'ws';

/** Called with what was thrown, and where: it ends the call. */
export type OnFault = (error: unknown, entry: string) => void;

interface SocketListeners {
  readonly open: () => void;
  readonly message: (data: Buffer, isBinary: boolean) => void;
  readonly pong: () => void;
  readonly error: (error: Error) => void;
  readonly close: (code: number) => void;
}

/** Runs the code of one call. */
export class CallGuard {
  readonly #logger: Logger;
  readonly #onFault: OnFault;

  constructor(logger: Logger, onFault: OnFault) {
    this.#logger = logger;
    this.#onFault = onFault;
  }

  /** Runs a task; what it throws goes to `onFault`. */
  run(entry: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#fail(error, entry);
    }
  }

  /** The same for a function that is called later. */
  wrap<Args extends readonly unknown[]>(
    entry: string,
    task: (...args: Args) => void,
  ): (...args: Args) => void {
    return (...args) => {
      try {
        task(...args);
      } catch (error) {
        this.#fail(error, entry);
      }
    };
  }

  /** Listens to a socket of `owner`: `carrier` or `agent`. */
  listen(socket: WebSocket, owner: string, listeners: Partial<SocketListeners>): void {
    for (const [event, listener] of Object.entries(listeners)) {
      socket.on(event, (...args: readonly unknown[]) => {
        try {
          (listener as (...args: readonly unknown[]) => void)(...args);
        } catch (error) {
          this.#fail(error, `${owner}.${event}`);
        }
      });
    }
  }

  /** Starts a timer. */
  after(entry: string, ms: number, task: () => void): NodeJS.Timeout {
    return setTimeout(this.wrap(entry, task), ms);
  }

  /** Continues when a promise is settled. Its failure is a fault, unless `onFailed` handles it. */
  settled<T>(
    entry: string,
    promise: Promise<T>,
    onDone: (value: T) => void,
    onFailed: (error: unknown) => void = (error) => this.#fail(error, entry),
  ): void {
    promise.then(this.wrap(entry, onDone), this.wrap(entry, onFailed));
  }

  #fail(error: unknown, entry: string): void {
    try {
      this.#onFault(error, entry);
    } catch (err) {
      this.#logger.error(
        { event: 'faulty_call_not_ended', err, step: entry },
        'a call that failed could not be ended',
      );
    }
  }
}

/** For what all calls share: a fault is logged, and everything else continues. */
export function sharedGuard(logger: Logger): CallGuard {
  return new CallGuard(logger, (err, entry) => {
    logger.error(
      { event: 'gateway_fault', err, step: entry },
      'the gateway failed at a task that all calls share',
    );
  });
}
