/*
 * One call's socket to its agent.
 *
 *   waiting ──connect──▶ connecting ──▶ open ──finish──▶ finishing ──▶ closed
 *                          ▲    │         │                              ▲
 *                  delay   │    ▼         ▼ closed by the agent          │
 *                        ┌─────────────────┐   normally, or too often    │
 *                        │      lost       │ ────────────────────────────┘
 *                        └─────────────────┘
 *
 * waiting    the agent's address is not known before `start`; frames queue up
 * lost       the agent could not be reached, or was lost; it is dialled again after a delay, a few times
 * finishing  the call is over: the agent has a moment to report its last turns
 *
 * Whatever happens to the agent, the call is recorded to its end.
 */
import { backoffDelayMs, type Backoff } from '@turnlog/service-kit';
import { WebSocket } from 'ws';
import { type CallGuard } from '../call-guard.ts';
import { agentFailure, type AgentFailure, type RelayFailure } from '../domain/agent-failure.ts';
import { type LossReason } from '../domain/connection-state.ts';
import { type RelayTally } from '../report/tally.ts';
import { FrameQueue, type RawFrame } from './frame-queue.ts';

/** Settings of all relays. */
export interface AgentRelaySettings {
  readonly connectTimeoutMs: number;
  /** How often a lost agent is dialled again, over the whole call. */
  readonly maxReconnects: number;
  readonly backoff: Backoff;
  /** How long the agent may report after the call. */
  readonly lingerMs: number;
  /** Audio is dropped while more than this waits for the agent's socket; far beyond it the socket is closed. */
  readonly maxBufferedBytes: number;
  /** The largest message that an agent may send. */
  readonly maxMessageBytes: number;
  /** The `Authorization` header for the agent: a secret. */
  readonly authorization: string | undefined;
}

/** How a call may lose its agent: the agent ends the conversation, or it is not dialled again. */
export type AgentLoss = Extract<LossReason, 'agent_hung_up' | 'agent_lost'>;

/** What a relay reports to its call. */
export interface AgentRelayOptions {
  readonly tally: RelayTally;
  readonly guard: CallGuard;
  onMessage(data: Buffer, isBinary: boolean): void;
  onFailure(failure: RelayFailure): void;
  onLost(reason: AgentLoss): void;
  /** Nothing more comes from the agent. */
  onClosed(): void;
}

const HARD_LIMIT_FACTOR = 4;
const NORMAL_CLOSES = new Set([1000, 1005]);
const CLOSE_GRACE_MS = 2_000;
const MAX_PREAMBLE_FRAMES = 4;

/** Forwards the carrier's frames to an agent unchanged, and returns the agent's messages. */
export class AgentRelay {
  readonly #settings: AgentRelaySettings;
  readonly #options: AgentRelayOptions;
  readonly #tally: RelayTally;
  readonly #guard: CallGuard;
  readonly #queue: FrameQueue;
  /** `connected` and `start`: an agent that is dialled again needs them again. */
  readonly #preamble: RawFrame[] = [];
  #state: 'waiting' | 'connecting' | 'open' | 'lost' | 'finishing' | 'closed' = 'waiting';
  #url = '';
  #socket: WebSocket | undefined;
  #wasOpen = false;
  #isCallOver = false;
  #dials = 0;
  #failure: AgentFailure | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: AgentRelaySettings, options: AgentRelayOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#tally = options.tally;
    this.#guard = options.guard;
    this.#queue = new FrameQueue(settings.maxBufferedBytes);
  }

  /** Sends one of the carrier's frames, or keeps a copy of it until there is a socket. */
  forward(frame: RawFrame): void {
    if (this.#state === 'open') this.#send(frame);
    else if (this.#state !== 'closed' && this.#state !== 'finishing') this.#keep(frame);
  }

  /** Dials the agent. */
  connect(url: string): void {
    if (this.#state !== 'waiting') return;
    this.#url = url;
    this.#dial();
  }

  /** Scheme, host and port of the agent; the rest of its URL may contain personal data. */
  get address(): string | undefined {
    return this.#url === '' ? undefined : new URL(this.#url).origin;
  }

  /** Sends the agent a message of the gateway. */
  reply(text: string): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > this.#settings.maxBufferedBytes * HARD_LIMIT_FACTOR) socket.terminate();
    else socket.send(text);
  }

  /** Stops and goes on reading what the agent sends. */
  setPaused(isPaused: boolean): void {
    if (isPaused) this.#socket?.pause();
    else this.#socket?.resume();
  }

  /** The call is over: waits `lingerMs` for the agent's last reports. */
  finish(): void {
    if (this.#isCallOver) return;
    this.#isCallOver = true;
    if (this.#state === 'open') this.#linger();
    else if (this.#state !== 'connecting') {
      const failure = this.#state === 'lost' ? this.#failure : undefined;
      if (failure) this.#options.onFailure({ ...failure, attempts: this.#dials, givesUp: true });
      this.#close();
    }
  }

  /** Ends the attempts to reach the agent. */
  giveUp(failure: AgentFailure): void {
    if (this.#state === 'closed') return;
    const socket = this.#socket;
    this.#lost(failure, true);
    socket?.terminate();
  }

  /** Closes the socket now. */
  close(): void {
    const socket = this.#socket;
    this.#close();
    socket?.terminate();
  }

  #dial(): void {
    this.#state = 'connecting';
    this.#dials += 1;
    this.#tally.agentConnects += 1;
    const { connectTimeoutMs, maxMessageBytes, authorization } = this.#settings;
    const socket = new WebSocket(this.#url, {
      handshakeTimeout: connectTimeoutMs,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      // The secret is for the host in AGENT_URL, and not for the host in a redirect.
      followRedirects: false,
      headers: { ...(authorization !== undefined && { authorization }) },
    });
    this.#socket = socket;
    let error: Error | undefined;
    this.#guard.listen(socket, 'agent', {
      open: () => this.#onOpen(socket),
      message: (data, isBinary) => this.#options.onMessage(data, isBinary),
      error: (err) => (error = err),
      close: (code) => this.#onClose(socket, code, error),
    });
  }

  #onOpen(socket: WebSocket): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#tally.agentSockets += 1;
    this.#guard.listen(socket, 'agent', { close: () => (this.#tally.agentSockets -= 1) });
    if (this.#wasOpen) for (const frame of this.#preamble) this.#send(frame);
    this.#wasOpen = true;
    for (const frame of this.#queue.takeAll()) this.#send(frame);
    // The call was over before the agent answered; it receives all of it nevertheless.
    if (this.#isCallOver) this.#linger();
  }

  #onClose(socket: WebSocket, code: number, error: Error | undefined): void {
    if (socket !== this.#socket) return;
    const state = this.#state;
    if (state === 'closed') return;
    if (state === 'finishing') this.#close();
    else if (state === 'open' && NORMAL_CLOSES.has(code)) {
      this.#close();
      this.#options.onLost('agent_hung_up');
    } else {
      const givesUp = this.#isCallOver || this.#dials > this.#settings.maxReconnects;
      this.#lost(agentFailure(error, code), givesUp);
    }
  }

  #lost(failure: AgentFailure, givesUp: boolean): void {
    this.#tally.agentFailures += 1;
    this.#failure = failure;
    this.#options.onFailure({ ...failure, attempts: this.#dials, givesUp });
    if (givesUp) {
      this.#close();
      if (!this.#isCallOver) this.#options.onLost('agent_lost');
      return;
    }
    this.#state = 'lost';
    const delayMs = backoffDelayMs(this.#dials - 1, this.#settings.backoff);
    this.#timer = this.#guard.after('agent.reconnect', delayMs, () => this.#dial());
  }

  #linger(): void {
    this.#state = 'finishing';
    this.#timer = this.#guard.after('agent.linger', this.#settings.lingerMs, () => this.#sayGoodbye());
  }

  #sayGoodbye(): void {
    const socket = this.#socket;
    socket?.close(1000);
    this.#timer = this.#guard.after('agent.goodbye', CLOSE_GRACE_MS, () => socket?.terminate());
  }

  #close(): void {
    if (this.#state === 'closed') return;
    clearTimeout(this.#timer);
    this.#state = 'closed';
    this.#queue.takeAll();
    this.#options.onClosed();
  }

  #send({ data, isBinary, role }: RawFrame): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    const { maxBufferedBytes } = this.#settings;
    if (role === 'media' && socket.bufferedAmount > maxBufferedBytes) this.#tally.droppedToAgent += 1;
    else if (socket.bufferedAmount > maxBufferedBytes * HARD_LIMIT_FACTOR) socket.terminate();
    else socket.send(data, { binary: isBinary });
  }

  #keep(frame: RawFrame): void {
    // A copy: the frame is a slice of a much larger buffer of its socket.
    const kept = { ...frame, data: Buffer.from(frame.data) };
    const isPreamble = this.#state === 'waiting' && frame.role === 'opening';
    if (isPreamble && this.#preamble.length < MAX_PREAMBLE_FRAMES) this.#preamble.push(kept);
    this.#tally.droppedToAgent += this.#queue.push(kept);
    if (this.#queue.bytes > this.#settings.maxBufferedBytes * HARD_LIMIT_FACTOR) {
      this.giveUp({ reason: 'overloaded', error: 'too much waits for it that is not audio' });
    }
  }
}
