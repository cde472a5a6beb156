import { type AgentSocket } from './agent-socket.ts';
import { HttpSender } from './http-sender.ts';
import {
  keyOf,
  type Acknowledgement,
  type AgentMessage,
  type JsonValue,
  type MessageKey,
  type MessageOptions,
  type MomentOptions,
  type Speaker,
  type ToolCall,
  type Turn,
} from './messages.ts';
import { Outbox, rejected } from './outbox.ts';
import { type HttpOptions } from './post-messages.ts';
import { SocketSender } from './socket-sender.ts';
import { TurnlogError } from './turnlog-error.ts';

export interface CallReporterOptions {
  /** The carrier's id of the call. */
  readonly callSid: string;
  /** Where to report while there is no socket. Without it, messages wait for one. */
  readonly http?: HttpOptions;
  /** The limit on messages that are not acknowledged; 1 MiB by default. */
  readonly maxBufferedBytes?: number;
  /** Called before a message is sent another time. */
  readonly onResend?: (message: AgentMessage) => void;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

const MIB = 1024 * 1024;
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Reports on one call: on its socket while there is one, over HTTP otherwise. A message is kept until it is acknowledged,
 * and sent again with the same id when a connection was lost. Each method resolves when its message is durable, and rejects
 * with a {@link TurnlogError} when it will not be. An agent need not wait for that.
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

  constructor({ callSid, http, maxBufferedBytes = MIB, onResend, now = Date.now }: CallReporterOptions) {
    this.callSid = callSid;
    this.#now = now;
    this.#outbox = new Outbox(maxBufferedBytes, onResend);
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

  /** The caller heard a statement, for example about the recording, and agreed to it or did not. */
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

  /** The caller or the agent started or stopped speaking. */
  speaking(
    speaking: boolean,
    { speaker, ...options }: MomentOptions & { readonly speaker?: Speaker } = {},
  ): Promise<Acknowledgement> {
    return this.#report('speaking', { speaking, speaker }, options);
  }

  /** A call over HTTP alone ended: it is persisted at once. A call with a stream ends with its stream. */
  ended(options?: Omit<MomentOptions, 'metadata'>): Promise<Acknowledgement> {
    return this.#report('ended', {}, options);
  }

  /**
   * Reports a message as it is: for kinds that have no method here, and for agents that make their messages themselves. Its
   * id must be the agent's own, so that a repeat is a duplicate.
   */
  report(message: AgentMessage): Promise<Acknowledgement> {
    if (this.#closed !== undefined) {
      return rejected('closed', 'this call is closed: nothing more is reported');
    }
    const answered = this.#outbox.add({ ...message, timestamp: message.timestamp ?? this.#timeOf(message) });
    this.#send();
    return answered;
  }

  /** From now on this is the call's socket: all messages that are not acknowledged are sent on it. */
  attach(socket: AgentSocket): void {
    this.#socket.attach(socket);
  }

  /**
   * Waits until everything is acknowledged; new messages are refused from now on. Rejects after `timeoutMs`: messages that
   * are not acknowledged by then are abandoned.
   */
  close({ timeoutMs = CLOSE_TIMEOUT_MS } = {}): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  #report(
    event: string,
    fields: Readonly<Record<string, unknown>>,
    options: MessageOptions = {},
  ): Promise<Acknowledgement> {
    const { id, revision, metadata } = options;
    // No other message has a random id, so its time is not remembered.
    const { timestamp = id === undefined ? this.#now() : undefined } = options;
    const own = { event, id: id ?? globalThis.crypto.randomUUID(), revision, ...fields, metadata };
    return this.report(timestamp === undefined ? own : { ...own, timestamp });
  }

  /** Now; for a message that is reported again, the time of its first report, so that its content is the same. */
  #timeOf(message: MessageKey): number {
    const key = keyOf(message);
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
    const problem = this.#http?.problem;
    const text =
      `${left} messages were not acknowledged within ${timeoutMs} ms: it is not certain that they are recorded` +
      (problem === undefined ? '' : `; the last request failed: ${problem}`);
    for (const { message } of [...this.#outbox.pending]) {
      this.#outbox.refuse(keyOf(message), 'not_acknowledged', text);
    }
    throw new TurnlogError('not_acknowledged', text);
  }
}
