import { type AgentSocket } from './agent-socket.ts';
import { HttpSender, type HttpOptions } from './http-sender.ts';
import {
  keyOf,
  type Acknowledgement,
  type JsonValue,
  type Message,
  type MessageOptions,
  type MomentOptions,
  type Speaker,
  type ToolCall,
  type Turn,
} from './messages.ts';
import { Outbox } from './outbox.ts';
import { SocketSender } from './socket-sender.ts';
import { TurnlogError } from './turnlog-error.ts';

export interface CallReporterOptions {
  /** The carrier's id of the call. */
  readonly callSid: string;
  /** Where to report while there is no socket; without it messages wait for one. */
  readonly http?: HttpOptions;
  /** The most that is kept of what is not acknowledged; 1 MiB by default. */
  readonly maxBufferedBytes?: number;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

const MIB = 1024 * 1024;
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Reports on one call: on its socket while there is one, over HTTP otherwise. What is not acknowledged is kept, and sent
 * again with the same id when a connection was lost. Each method resolves when its message is durable, and rejects with a
 * {@link TurnlogError} when it will not be; nobody has to wait for it.
 */
export class CallReporter {
  readonly callSid: string;
  readonly #outbox: Outbox;
  readonly #socket: SocketSender;
  readonly #http: HttpSender | undefined;
  readonly #now: () => number;
  /** When messages of the agent's own ids were reported. */
  readonly #times = new Map<string, number>();
  #closed: Promise<void> | undefined;

  constructor({ callSid, http, maxBufferedBytes = MIB, now = Date.now }: CallReporterOptions) {
    this.callSid = callSid;
    this.#now = now;
    this.#outbox = new Outbox(maxBufferedBytes);
    this.#socket = new SocketSender(this.#outbox, () => this.#send());
    this.#http = http && new HttpSender(this.#outbox, callSid, http);
  }

  /** How many messages are not acknowledged. */
  get pending(): number {
    return this.#outbox.size;
  }

  /** One turn of the dialogue. */
  turn(turn: Turn, options?: MessageOptions): Promise<Acknowledgement> {
    return this.#report('turn', { turn }, options);
  }

  /** Facts that were collected; a field's newest value wins. */
  collect(data: Readonly<Record<string, JsonValue>>, options?: MessageOptions): Promise<Acknowledgement> {
    return this.#report('collect', { data }, options);
  }

  /** The dialogue moved to another stage. */
  stage(stage: string, options?: MessageOptions): Promise<Acknowledgement> {
    return this.#report('stage', { stage }, options);
  }

  /** The caller objected. */
  objection(
    text: string,
    { category, ...options }: MessageOptions & { readonly category?: string } = {},
  ): Promise<Acknowledgement> {
    return this.#report('objection', { text, category }, options);
  }

  /** What the call came to; the newest wins. */
  outcome(
    outcome: string,
    { reason, ...options }: MessageOptions & { readonly reason?: string } = {},
  ): Promise<Acknowledgement> {
    return this.#report('outcome', { outcome, reason }, options);
  }

  /** The agent called a tool. */
  tool(call: ToolCall, options?: MessageOptions): Promise<Acknowledgement> {
    return this.#report('tool', { ...call }, options);
  }

  /** The caller was told of something, such as the recording, and agreed to it or did not. */
  consent(
    statement: string,
    {
      given,
      purpose,
      statementVersion,
      ...options
    }: MessageOptions & {
      readonly given: boolean;
      readonly purpose?: string;
      readonly statementVersion?: string;
    },
  ): Promise<Acknowledgement> {
    return this.#report('consent', { statement, given, purpose, statementVersion }, options);
  }

  /** Somebody started or stopped speaking. */
  speaking(
    speaking: boolean,
    { speaker, ...options }: MomentOptions & { readonly speaker?: Speaker } = {},
  ): Promise<Acknowledgement> {
    return this.#report('speaking', { speaking, speaker }, options);
  }

  /** From now on this is the call's socket; what is not acknowledged is sent on it. */
  attach(socket: AgentSocket): void {
    this.#socket.attach(socket);
  }

  /**
   * Waits until all is acknowledged; nothing more is taken from now on. Rejects when that takes too long: what is not
   * acknowledged by then is given up.
   */
  close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  #report(
    event: Message['event'],
    fields: Readonly<Record<string, unknown>>,
    options: MessageOptions = {},
  ): Promise<Acknowledgement> {
    if (this.#closed !== undefined) return refusal('closed', 'this call is closed: nothing more is reported');
    const { id = globalThis.crypto.randomUUID(), revision, metadata } = options;
    const timestamp =
      options.timestamp ?? this.#timeOf(options.id === undefined ? undefined : { id, revision });
    const answered = this.#outbox.add({ event, id, revision, timestamp, ...fields, metadata });
    this.#send();
    return answered;
  }

  /** Now; of a message that is reported again, when it was reported first, so that it says the same. */
  #timeOf(again: { readonly id: string; readonly revision: number | undefined } | undefined): number {
    if (again === undefined) return this.#now();
    const key = keyOf(again);
    const time = this.#times.get(key) ?? this.#now();
    this.#times.set(key, time);
    return time;
  }

  #send(): void {
    if (this.#socket.isOpen) this.#socket.flush();
    else this.#http?.start(() => !this.#socket.isOpen);
  }

  async #close(timeoutMs: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([this.#outbox.untilEmpty(), deadline]);
    clearTimeout(timer);
    this.#socket.stop();
    await this.#http?.stop();
    const left = this.#outbox.size;
    if (left === 0) return;
    const text = `${left} messages were not acknowledged within ${timeoutMs} ms: it is not certain that they are recorded`;
    for (const { message } of [...this.#outbox.pending]) {
      this.#outbox.refuse(keyOf(message), 'not_acknowledged', text);
    }
    throw new TurnlogError('not_acknowledged', text);
  }
}

function refusal(code: string, message: string): Promise<never> {
  const refused = Promise.reject(new TurnlogError(code, message));
  refused.catch(() => undefined);
  return refused;
}
