import { type CallKey } from '@turnlog/call-events';
import { type WebSocket } from 'ws';
import { type AcceptedStream } from '../domain/principal.ts';
import { type CallConnection } from './call-connection.ts';
import { type CallNeeds } from './call-needs.ts';
import { StreamSocket, type StreamLimits } from './stream-socket.ts';

/** All sockets of the carrier, with one timer for them all. */
export class StreamSockets {
  readonly #needs: CallNeeds;
  readonly #limits: StreamLimits;
  readonly #sockets = new Set<StreamSocket>();
  /** Sessions that are not finished; some outlive their socket while the agent reports. */
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

  /** The calls in progress. */
  openCalls(): CallKey[] {
    return [...this.#sockets].flatMap(({ openCall }) => openCall ?? []);
  }

  /** Takes a socket after its handshake. */
  accept(socket: WebSocket, stream: AcceptedStream): void {
    const accepted = new StreamSocket(socket, stream, {
      needs: this.#needs,
      limits: this.#limits,
      sessions: this.#sessions,
      onClosed: () => void this.#sockets.delete(accepted),
    });
    this.#sockets.add(accepted);
  }

  tick(): void {
    const monotonicMs = performance.now();
    for (const socket of this.#sockets) socket.tick(monotonicMs);
  }

  /** Ends all calls because the service stops. */
  drain(): void {
    for (const socket of this.#sockets) socket.drain();
  }

  /** Closes at once what is left. */
  terminate(): void {
    for (const session of this.#sessions) session.closeAgent();
    for (const socket of this.#sockets) socket.terminate();
  }
}
