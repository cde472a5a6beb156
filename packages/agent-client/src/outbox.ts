import { keyOf, type Acknowledgement, type AgentMessage } from './messages.ts';
import { TurnlogError, type TurnlogErrorCode } from './turnlog-error.ts';

/** A message that is not acknowledged yet. */
export interface Pending {
  readonly message: AgentMessage;
  readonly text: string;
  readonly bytes: number;
  /** The socket that it was sent on last; `undefined` when it has to be sent. */
  sentOn: unknown;
  wasSent: boolean;
}

interface Entry extends Pending {
  readonly answered: Promise<Acknowledgement>;
  readonly acknowledge: (acknowledgement: Acknowledgement) => void;
  readonly fail: (error: TurnlogError) => void;
}

const encoder = new TextEncoder();
const NOT_JSON =
  'the message has a number that JSON cannot express (NaN, Infinity or a bigint); send it as text';

/** The messages of a call that are not acknowledged, in their order. At its limit it refuses more. */
export class Outbox {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  readonly #onResend: (message: AgentMessage) => void;
  #onEmpty: (() => void)[] = [];

  constructor(maxBytes: number, onResend: (message: AgentMessage) => void = () => undefined) {
    this.#maxBytes = maxBytes;
    this.#onResend = onResend;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether the message of this key is not acknowledged yet: see {@link keyOf}. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** All of them, oldest first. */
  get pending(): Iterable<Pending> {
    return this.#entries.values();
  }

  /** Keeps a message until it is answered. The same message again is the same promise. */
  add(message: AgentMessage): Promise<Acknowledgement> {
    const text = textOf(message);
    if (text === undefined) return rejected('not_json', NOT_JSON);
    const key = keyOf(message);
    const known = this.#entries.get(key);
    if (known !== undefined && known.text !== text)
      return rejected('id_in_use', `another message with the id "${message.id}" is not acknowledged yet`);
    if (known !== undefined) return known.answered;
    const bytes = encoder.encode(text).length;
    if (this.#bytes + bytes > this.#maxBytes) return rejected('buffer_full', this.#fullness());
    const { promise, resolve, reject } = withResolvers<Acknowledgement>();
    this.#bytes += bytes;
    this.#entries.set(key, {
      ...{ message, text, bytes, sentOn: undefined, wasSent: false },
      ...{ answered: promise, acknowledge: resolve, fail: reject },
    });
    return quiet(promise);
  }

  /** Notes that a message is about to be sent. */
  noteSending(pending: Pending): void {
    if (pending.wasSent) this.#onResend(pending.message);
    pending.wasSent = true;
  }

  acknowledge(acknowledgement: Acknowledgement): void {
    this.#remove(keyOf(acknowledgement))?.acknowledge(acknowledgement);
  }

  /** The message will not be recorded. */
  refuse(key: string, code: string, reason: string): void {
    this.#remove(key)?.fail(new TurnlogError(code, reason));
  }

  /** It has to be sent again. */
  release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.sentOn = undefined;
  }

  /** Resolves when nothing waits for an answer. */
  untilEmpty(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  #remove(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    if (this.#entries.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
    return entry;
  }

  #fullness(): string {
    return `${this.#entries.size} messages are not acknowledged yet, and more than ${this.#maxBytes} bytes are not kept (maxBufferedBytes); the gateway is unavailable, or slower than the agent`;
  }
}

/** Its JSON; `undefined` if it has a number that JSON would change or cannot express, such as NaN. */
function textOf(message: AgentMessage): string | undefined {
  const changed: unknown[] = [];
  const text = JSON.stringify(message, (_name, value: unknown) => {
    const isChanged = typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value));
    if (isChanged) changed.push(value);
    return isChanged ? null : value;
  });
  return changed.length > 0 ? undefined : text;
}

/** A rejection that need not be handled. */
export function rejected(code: TurnlogErrorCode, reason: string): Promise<never> {
  return quiet(Promise.reject(new TurnlogError(code, reason)));
}

/** An agent need not wait for an answer: without this, Node would end its process for an unhandled rejection. */
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
