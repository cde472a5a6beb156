import { waitUntil } from '@turnlog/test-kit';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { type AddressInfo } from 'node:net';

/** A socket that sends what the test gives it and keeps what it received. */
export interface BareSocket {
  readonly socket: WebSocket;
  readonly received: readonly string[];
  readonly closeCode: number | undefined;
  send(...frames: readonly (string | object)[]): void;
  /** The first message that matches. */
  waitFor(
    matches: (message: Record<string, unknown>) => boolean,
    timeoutMs?: number,
  ): Promise<Record<string, unknown>>;
  closed(timeoutMs?: number): Promise<number>;
}

/** Opens a socket to a gateway, as a carrier would. */
export async function dial(url: string, { autoPong = true } = {}): Promise<BareSocket> {
  const socket = new WebSocket(url, { autoPong });
  const bare = watch(socket);
  await once(socket, 'open');
  return bare;
}

/** An agent that takes sockets and does nothing by itself. */
export interface BareAgent {
  /** For `AGENT_URL`. */
  readonly url: string;
  readonly sockets: readonly (BareSocket & { readonly path: string })[];
  /** The socket with this number (0 is the first), as soon as it is there. */
  socket(index?: number): Promise<BareSocket & { readonly path: string }>;
  close(): Promise<void>;
}

export async function startAgent(port = 0): Promise<BareAgent> {
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  const sockets: (BareSocket & { readonly path: string })[] = [];
  server.on('connection', (socket, { url }) => {
    const bare = watch(socket);
    sockets.push(
      Object.defineProperty(bare, 'path', { value: url }) as BareSocket & { readonly path: string },
    );
  });
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    socket: (index = 0) => waitUntil(() => sockets[index], { what: `the agent has socket ${index}` }),
    close: async () => {
      for (const { socket } of sockets) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function watch(socket: WebSocket): BareSocket {
  const received: string[] = [];
  let closeCode: number | undefined;
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  socket.on('close', (code) => (closeCode = code));
  socket.on('error', () => undefined);
  return {
    socket,
    received,
    get closeCode() {
      return closeCode;
    },
    send: (...frames) => {
      for (const frame of frames) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    },
    waitFor: (matches, timeoutMs = 5_000) =>
      waitUntil(
        () =>
          received
            .map((text) => JSON.parse(text) as Record<string, unknown>)
            .find((message) => matches(message)),
        { what: 'a message comes', timeoutMs },
      ),
    closed: (timeoutMs = 5_000) => waitUntil(() => closeCode, { what: 'the socket is closed', timeoutMs }),
  };
}
