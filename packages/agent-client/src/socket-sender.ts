import { isOpen, readFrame, type AgentSocket } from './agent-socket.ts';
import { acknowledgementOf, isToBeSentAgain, keyOf } from './messages.ts';
import { type Outbox } from './outbox.ts';

/** A gateway refuses all of a call for a second once it has refused something for its speed. */
const PAUSE_MS = 1_000;

/** The most messages that are sent and not answered: what may overtake one that is refused for now. */
const MAX_UNANSWERED = 256;

interface Answer {
  readonly event?: unknown;
  readonly id?: unknown;
  readonly revision?: unknown;
  readonly status?: unknown;
  readonly seq?: unknown;
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
}

/**
 * Sends the messages of an outbox on the call's socket, in order and only so many at a time. On a new socket it sends all
 * messages again that are not acknowledged.
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
      const key = this.#take(readFrame(data));
      const isAnswered = socket === this.#socket && key !== undefined && this.#unanswered.delete(key);
      if (isAnswered) this.flush();
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
      this.#outbox.noteSending(pending);
      this.#unanswered.add(keyOf(pending.message));
      socket.send(pending.text);
    }
  }

  /** Nothing more is sent. */
  stop(): void {
    clearTimeout(this.#pause);
    this.#socket = undefined;
  }

  /** Returns the key of the message that was answered. */
  #take(answer: Answer | undefined): string | undefined {
    if (typeof answer?.id !== 'string') return undefined;
    const { event, id, status, seq, error } = answer;
    const revision = typeof answer.revision === 'number' ? answer.revision : undefined;
    const key = keyOf({ id, revision });
    if (event === 'ack' && (status === 'appended' || status === 'duplicate')) {
      const place = typeof seq === 'number' ? seq : undefined;
      this.#outbox.acknowledge(acknowledgementOf({ id, revision }, status, place));
    } else if (event === 'error' && typeof error === 'object') {
      const code = String(error.code);
      if (isToBeSentAgain(code)) this.#sendAgainLater(key);
      else this.#outbox.refuse(key, code, String(error.message));
    }
    return key;
  }

  #sendAgainLater(key: string): void {
    this.#outbox.release(key);
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.flush();
    }, PAUSE_MS);
  }
}
