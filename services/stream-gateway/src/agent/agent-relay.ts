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
 * waiting    `start` has not come, so the agent's address is not known; frames queue up
 * lost       the agent could not be reached, or was lost; after a delay another attempt, a few times
 * finishing  the call is over: the agent has a moment to report its last turns
 *
 * Whatever happens to the agent, the call goes on and is recorded.
 */
import { backoffDelayMs, type Backoff } from '@turnlog/service-kit';
import { WebSocket } from 'ws';
import { type CallGuard } from '../call-guard.ts';
import { FrameQueue, type RawFrame } from './frame-queue.ts';
import { type RelayTally } from '../report/tally.ts';

/** Settings of all relays. */
export interface AgentRelaySettings {
  readonly connectTimeoutMs: number;
  /** How often a lost agent is dialled again, over the whole call. */
  readonly maxReconnects: number;
  readonly backoff: Backoff;
  /** How long the agent may go on reporting after the call. */
  readonly lingerMs: number;
  /** Audio is dropped while more than this waits for the agent's socket; far beyond it the socket is given up. */
  readonly maxBufferedBytes: number;
  /** The largest message that an agent may send. */
  readonly maxMessageBytes: number;
  /** The `Authorization` header for the agent: a secret. */
  readonly authorization: string | undefined;
}

/** What happens on an agent's side. */
export interface AgentRelayEvents {
  onMessage(data: Buffer, isBinary: boolean): void;
  onFailure(failure: { readonly error: string; readonly attempt: number; readonly givesUp: boolean }): void;
  /** The agent has ended the conversation. */
  onHungUp(): void;
  /** The agent is lost, and is not dialled again. */
  onGivenUp(): void;
  /** Nothing more comes from the agent. */
  onClosed(): void;
}

const HARD_LIMIT_FACTOR = 4;
const NORMAL_CLOSES = new Set([1000, 1005]);
const CLOSE_GRACE_MS = 2_000;
const MAX_PREAMBLE_FRAMES = 4;

/** Hands the carrier's frames to an agent as they came, and gives back what the agent sends. */
export class AgentRelay {
  readonly #settings: AgentRelaySettings;
  readonly #events: AgentRelayEvents;
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
  #reconnects = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    settings: AgentRelaySettings,
    events: AgentRelayEvents,
    { tally, guard }: { readonly tally: RelayTally; readonly guard: CallGuard },
  ) {
    this.#settings = settings;
    this.#events = events;
    this.#tally = tally;
    this.#guard = guard;
    this.#queue = new FrameQueue(settings.maxBufferedBytes);
  }

  /** Hands on one of the carrier's frames, or keeps a copy of it until there is a socket. */
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

  /** Sends the agent a message of our own. */
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

  /** The call is over: the agent's last reports are waited for, but not for long. */
  finish(): void {
    if (this.#isCallOver) return;
    this.#isCallOver = true;
    if (this.#state === 'open') this.#linger();
    else if (this.#state !== 'connecting') this.#close();
  }

  /** The agent is lost for good: dialling it again would not help. */
  giveUp(error: string): void {
    if (this.#state === 'closed') return;
    const socket = this.#socket;
    this.#reconnects = this.#settings.maxReconnects;
    this.#lost(error);
    socket?.terminate();
  }

  /** Ends it now. */
  close(): void {
    const socket = this.#socket;
    this.#close();
    socket?.terminate();
  }

  #dial(): void {
    this.#state = 'connecting';
    this.#tally.agentConnects += 1;
    const { connectTimeoutMs, maxMessageBytes, authorization } = this.#settings;
    const socket = new WebSocket(this.#url, {
      handshakeTimeout: connectTimeoutMs,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      // The secret is for whom AGENT_URL names, not for whom a redirect does.
      followRedirects: false,
      headers: { ...(authorization !== undefined && { authorization }) },
    });
    this.#socket = socket;
    let error = '';
    this.#guard.listen(socket, 'agent', {
      open: () => this.#onOpen(socket),
      message: (data, isBinary) => this.#events.onMessage(data, isBinary),
      error: (err) => (error = err.message),
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
    // The call was over before the agent answered; it is told all of it nevertheless.
    if (this.#isCallOver) this.#linger();
  }

  #onClose(socket: WebSocket, code: number, error: string): void {
    if (socket !== this.#socket) return;
    const state = this.#state;
    if (state === 'closed') return;
    if (state === 'finishing') this.#close();
    else if (state === 'open' && NORMAL_CLOSES.has(code)) this.#hungUp();
    else this.#lost(error === '' ? `closed with code ${code}` : error);
  }

  #hungUp(): void {
    this.#close();
    this.#events.onHungUp();
  }

  #lost(error: string): void {
    const { maxReconnects, backoff } = this.#settings;
    const givesUp = this.#isCallOver || this.#reconnects >= maxReconnects;
    this.#tally.agentFailures += 1;
    this.#events.onFailure({ error, attempt: this.#reconnects, givesUp });
    if (givesUp) {
      this.#close();
      if (!this.#isCallOver) this.#events.onGivenUp();
      return;
    }
    this.#state = 'lost';
    const delayMs = backoffDelayMs(this.#reconnects, backoff);
    this.#timer = this.#guard.after('agent.reconnect', delayMs, () => this.#dial());
    this.#reconnects += 1;
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
    this.#events.onClosed();
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
    if (
      this.#state === 'waiting' &&
      frame.role === 'opening' &&
      this.#preamble.length < MAX_PREAMBLE_FRAMES
    ) {
      this.#preamble.push(kept);
    }
    this.#tally.droppedToAgent += this.#queue.push(kept);
    if (this.#queue.bytes > this.#settings.maxBufferedBytes * HARD_LIMIT_FACTOR) {
      this.giveUp('too much waits for it that is no audio');
    }
  }
}
