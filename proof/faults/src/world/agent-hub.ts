import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

interface Seat {
  /** The gateway's newest socket for the call. */
  socket?: WebSocket;
  take?: (socket: WebSocket) => void;
}

/** The server that gateways dial for the agents of all calls. */
export class AgentHub {
  readonly #server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  readonly #seats = new Map<string, Seat>();

  constructor() {
    this.#server.on('connection', (socket, request) => {
      // A close follows.
      socket.on('error', () => undefined);
      const seat = this.#seatOf(decodeURIComponent((request.url ?? '').slice(1)));
      seat.socket = socket;
      seat.take?.(socket);
    });
  }

  /** The value for AGENT_URL. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/{callSid}`;
  }

  /** Calls `take` with the socket of a call, if it has one already, and with each one that follows. */
  onSocket(callSid: string, take: (socket: WebSocket) => void): void {
    const seat = this.#seatOf(callSid);
    seat.take = take;
    if (seat.socket !== undefined) take(seat.socket);
  }

  async untilListening(): Promise<void> {
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await closed;
  }

  #seatOf(callSid: string): Seat {
    const seat = this.#seats.get(callSid) ?? {};
    this.#seats.set(callSid, seat);
    return seat;
  }
}

/** Starts the agents' server on a free port. */
export async function startAgentHub(): Promise<AgentHub> {
  const hub = new AgentHub();
  await hub.untilListening();
  return hub;
}
