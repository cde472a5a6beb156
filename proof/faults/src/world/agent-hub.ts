import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { parseExotelFrame } from '@turnlog/exotel';
import { WebSocketServer, type WebSocket } from 'ws';
import { z } from 'zod';

/** What a gateway answers an agent on its socket. */
const answer = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ack'), id: z.string().nullable(), status: z.enum(['appended', 'duplicate']) }),
  z.object({ event: z.literal('error'), id: z.string().nullable(), error: z.object({ code: z.string() }) }),
]);

/** An answer to one message; `undefined` for `code` when it is safe. */
export interface AgentAnswer {
  readonly id: string;
  readonly code: string | undefined;
}

/** Takes part in one call's conversation with its gateway. */
export interface AgentSeat {
  /** The gateway's newest socket for the call, while it is open. */
  readonly socket: WebSocket | undefined;
  /** How many sockets there were: what was sent on an earlier one has to be sent again. */
  readonly generation: number;
  onAnswer: (answer: AgentAnswer) => void;
  onChange: () => void;
}

/** The agent that gateways call: one server for all calls. */
export interface AgentHub {
  /** What AGENT_URL has to be. */
  readonly url: string;
  seatOf(callSid: string): AgentSeat;
  close(): Promise<void>;
}

interface Seat extends AgentSeat {
  socket: WebSocket | undefined;
  generation: number;
}

/** Starts the agents' server on a free port. */
export async function startAgentHub(): Promise<AgentHub> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  const seats = new Map<string, Seat>();
  const seatOf = (callSid: string): Seat => {
    const nothing = (): void => undefined;
    const seat = seats.get(callSid) ?? {
      socket: undefined,
      generation: 0,
      onAnswer: nothing,
      onChange: nothing,
    };
    seats.set(callSid, seat);
    return seat;
  };
  server.on('connection', (socket, request) => {
    const callSid = decodeURIComponent((request.url ?? '').slice(1));
    take(seatOf(callSid), socket);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/{callSid}`,
    seatOf,
    close: async () => {
      const closed = once(server, 'close');
      for (const client of server.clients) client.terminate();
      server.close();
      await closed;
    },
  };
}

function take(seat: Seat, socket: WebSocket): void {
  seat.socket = socket;
  seat.generation += 1;
  socket.on('message', (data) => hear(seat, data as Buffer));
  // A close follows.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (seat.socket !== socket) return;
    seat.socket = undefined;
    seat.onChange();
  });
  seat.onChange();
}

function hear(seat: Seat, data: Buffer): void {
  if (parseExotelFrame(data).kind !== 'unknown') return;
  const heard = answer.safeParse(JSON.parse(data.toString()));
  if (!heard.success || heard.data.id === null) return;
  const { id } = heard.data;
  seat.onAnswer({ id, code: heard.data.event === 'error' ? heard.data.error.code : undefined });
}
