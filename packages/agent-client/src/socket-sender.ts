import { isOpen, readFrame, type AgentSocket } from './agent-socket.ts';
import { isToBeSentAgain } from './messages.ts';
import { type Outbox } from './outbox.ts';

/** A gateway refuses all of a call for a second once it has refused something for its speed. */
const PAUSE_MS = 1_000;

/** The most messages that are sent and not answered: what may overtake one that is refused for now. */
const MAX_UNANSWERED = 256;

interface Answer {
  readonly event?: unknown;
  readonly id?: unknown;
  readonly status?: unknown;
  readonly seq?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

/**
 * Sends what is in an outbox on the call's socket, in order and not too much at once; all that is not acknowledged again when
 * there is a new one.
 */
export class SocketSender {
  readonly #outbox: Outbox;
  readonly #onLost: () => void;
  #socket: AgentSocket | undefined;
  /** What was sent on this socket, and is not answered. */
  readonly #unanswered = new Set<string>();
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
    this.#unanswered.clear();
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#hear(readFrame(data));
      else this.#take(readFrame(data));
    });
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
      if (this.#unanswered.size >= MAX_UNANSWERED) return;
      pending.sentOn = socket;
      this.#unanswered.add(pending.message.id);
      socket.send(pending.text);
    }
  }

  /** Nothing more is sent. */
  stop(): void {
    clearTimeout(this.#pause);
    this.#socket = undefined;
  }

  #hear(answer: Answer | undefined): void {
    this.#take(answer);
    if (typeof answer?.id === 'string' && this.#unanswered.delete(answer.id)) this.flush();
  }

  #take(answer: Answer | undefined): void {
    if (typeof answer?.id !== 'string') return;
    const { event, id, status, seq, error } = answer;
    if (event === 'ack' && (status === 'appended' || status === 'duplicate')) {
      this.#outbox.acknowledge({ id, status, seq: typeof seq === 'number' ? seq : undefined });
    } else if (event === 'error' && typeof error === 'object') {
      const code = String(error.code);
      if (isToBeSentAgain(code)) this.#sendAgainLater(id);
      else this.#outbox.refuse(id, code, String(error.message));
    }
  }

  #sendAgainLater(id: string): void {
    this.#outbox.release(id);
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.flush();
    }, PAUSE_MS);
  }
}
