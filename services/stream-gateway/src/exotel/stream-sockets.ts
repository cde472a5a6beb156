import { type CallKey } from '@turnlog/call-events';
import { type WebSocket } from 'ws';
import { type CallNeeds } from './call-needs.ts';
import { type CallConnection } from './call-connection.ts';
import { StreamSocket, type StreamLimits } from './stream-socket.ts';
import { type AcceptedStream } from '../domain/accepted-stream.ts';

/** All of the carrier's sockets, with one timer for them all. */
export class StreamSockets {
  readonly #needs: CallNeeds;
  readonly #limits: StreamLimits;
  readonly #sockets = new Set<StreamSocket>();
  /** Sessions that are not finished; some outlive their socket by the agent's last words. */
  readonly #sessions = new Set<CallConnection>();

  constructor(needs: CallNeeds, limits: StreamLimits) {
    this.#needs = needs;
    this.#limits = limits;
  }

  get count(): number {
    return this.#sockets.size;
  }

  get unfinishedSessions(): number {
    return this.#sessions.size;
  }

  /** The calls that are going on. */
  openCalls(): CallKey[] {
    return [...this.#sockets].flatMap(({ openCall }) => openCall ?? []);
  }

  /** Takes a socket whose handshake is done. */
  accept(socket: WebSocket, stream: AcceptedStream): void {
    const accepted = new StreamSocket(socket, stream, {
      needs: this.#needs,
      limits: this.#limits,
      monotonicMs: performance.now(),
      events: {
        onSessionStarted: (session) => void this.#sessions.add(session),
        onSessionFinished: (session) => void this.#sessions.delete(session),
        onClosed: () => void this.#sockets.delete(accepted),
      },
    });
    this.#sockets.add(accepted);
  }

  tick(): void {
    const monotonicMs = performance.now();
    for (const socket of this.#sockets) socket.tick(monotonicMs);
  }

  /** Ends all calls because the service is going down. */
  drain(): void {
    for (const socket of this.#sockets) socket.drain();
  }

  /** Cuts whatever is left. */
  terminate(): void {
    for (const session of this.#sessions) session.closeAgent();
    for (const socket of this.#sockets) socket.terminate();
  }
}
