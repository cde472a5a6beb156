import { isOpen, readFrame, type AgentSocket } from './agent-socket.ts';
import { type Outbox } from './outbox.ts';

const OVERLOADED_PAUSE_MS = 1_000;

interface Answer {
  readonly event?: unknown;
  readonly id?: unknown;
  readonly status?: unknown;
  readonly seq?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

/** Sends what is in an outbox on the call's socket; all that is not acknowledged again when there is a new one. */
export class SocketSender {
  readonly #outbox: Outbox;
  readonly #onLost: () => void;
  #socket: AgentSocket | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(outbox: Outbox, onLost: () => void) {
    this.#outbox = outbox;
    this.#onLost = onLost;
  }

  get isOpen(): boolean {
    return isOpen(this.#socket);
  }

  /** From now on this is the call's socket. */
  attach(socket: AgentSocket): void {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#hear(readFrame(data)));
    socket.addEventListener('close', () => {
      if (socket === this.#socket) this.#onLost();
    });
    this.flush();
  }

  /** Sends what was not sent on this socket. */
  flush(): void {
    const socket = this.#socket;
    if (!isOpen(socket) || this.#pause !== undefined) return;
    for (const pending of this.#outbox.pending) {
      if (pending.sentOn === socket) continue;
      pending.sentOn = socket;
      socket.send(pending.text);
    }
  }

  /** Nothing more is sent. */
  stop(): void {
    clearTimeout(this.#pause);
    this.#socket = undefined;
  }

  #hear(answer: Answer | undefined): void {
    if (typeof answer?.id !== 'string') return;
    const { event, id, status, seq, error } = answer;
    if (event === 'ack' && (status === 'appended' || status === 'duplicate')) {
      this.#outbox.acknowledge({ id, status, seq: typeof seq === 'number' ? seq : undefined });
    } else if (event === 'error' && typeof error === 'object') {
      const code = String(error.code);
      if (code === 'overloaded' || code === 'unavailable') this.#sendAgainLater(id);
      else this.#outbox.refuse(id, code, String(error.message));
    }
  }

  #sendAgainLater(id: string): void {
    this.#outbox.release(id);
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.flush();
    }, OVERLOADED_PAUSE_MS);
  }
}
