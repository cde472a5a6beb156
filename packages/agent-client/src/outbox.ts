import { type Acknowledgement, type Message } from './messages.ts';
import { TurnlogError } from './turnlog-error.ts';

/** A message that is not acknowledged yet. */
export interface Pending {
  readonly message: Message;
  readonly text: string;
  readonly bytes: number;
  /** What it was sent on last; `undefined` when it is to be sent. */
  sentOn: unknown;
}

interface Entry extends Pending {
  readonly answered: Promise<Acknowledgement>;
  readonly acknowledge: (acknowledgement: Acknowledgement) => void;
  readonly fail: (error: TurnlogError) => void;
}

const encoder = new TextEncoder();

/** The messages of a call that are not acknowledged, in their order. Bounded: what does not fit is refused. */
export class Outbox {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #onEmpty: (() => void)[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether the message is not acknowledged yet. */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** All of them, oldest first. */
  get pending(): Iterable<Pending> {
    return this.#entries.values();
  }

  /** Keeps a message until it is answered. The same message again is the same promise. */
  add(message: Message): Promise<Acknowledgement> {
    const text = JSON.stringify(message);
    const known = this.#entries.get(message.id);
    if (known !== undefined) return known.text === text ? known.answered : rejected(idInUse(message.id));
    const bytes = encoder.encode(text).length;
    if (this.#bytes + bytes > this.#maxBytes) return rejected(this.#full());
    const { promise, resolve, reject } = withResolvers<Acknowledgement>();
    this.#bytes += bytes;
    this.#entries.set(message.id, {
      ...{ message, text, bytes, sentOn: undefined },
      ...{ answered: promise, acknowledge: resolve, fail: reject },
    });
    return quiet(promise);
  }

  acknowledge(acknowledgement: Acknowledgement): void {
    this.#remove(acknowledgement.id)?.acknowledge(acknowledgement);
  }

  /** The message will not be recorded. */
  refuse(id: string, code: string, reason: string): void {
    this.#remove(id)?.fail(new TurnlogError(code, reason));
  }

  /** It has to be sent again. */
  release(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.sentOn = undefined;
  }

  /** Resolves when nothing waits for an answer. */
  untilEmpty(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  #remove(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    this.#entries.delete(id);
    this.#bytes -= entry.bytes;
    if (this.#entries.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
    return entry;
  }

  #full(): TurnlogError {
    const text = `${this.#entries.size} messages are not acknowledged yet, and more than ${this.#maxBytes} bytes are not kept (maxBufferedBytes); the gateway is away, or slower than the agent`;
    return new TurnlogError('buffer_full', text);
  }
}

function idInUse(id: string): TurnlogError {
  return new TurnlogError('id_in_use', `another message with the id "${id}" is not acknowledged yet`);
}

function rejected(error: TurnlogError): Promise<never> {
  return quiet(Promise.reject(error));
}

/** An agent that doesn't wait for an answer must not be ended by one: Node ends a process for a rejection unheard. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
