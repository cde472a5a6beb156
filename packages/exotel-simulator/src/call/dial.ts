import { WebSocket } from 'ws';

const maxPayloadBytes = 1024 * 1024;

/** How a simulated Exotel tries to reach its server. */
export interface DialOptions {
  url: string;
  handshakeTimeoutMs: number;
  attempts: number;
  /** Stops dialling. */
  signal: AbortSignal;
  /** Called in the same turn in which the socket opens, so that no message can come before its listener. */
  onOpen: (socket: WebSocket) => void;
}

/** Opens the stream's socket, trying again as Exotel does; the last failure if none opened. */
export async function dial(options: DialOptions): Promise<Error | undefined> {
  let failure = new Error('the call was aborted before it connected');
  for (let attempt = 0; attempt < options.attempts && !options.signal.aborted; attempt++) {
    const outcome = await attemptHandshake(options);
    if (outcome === undefined) return undefined;
    failure = outcome;
  }
  return failure;
}

function attemptHandshake({
  url,
  handshakeTimeoutMs,
  signal,
  onOpen,
}: DialOptions): Promise<Error | undefined> {
  const socket = new WebSocket(url, {
    handshakeTimeout: handshakeTimeoutMs,
    perMessageDeflate: false,
    maxPayload: maxPayloadBytes,
  });
  return new Promise((resolve) => {
    const stop = () => socket.terminate();
    signal.addEventListener('abort', stop, { once: true });
    const settle = (failure: Error | undefined) => {
      signal.removeEventListener('abort', stop);
      resolve(failure);
    };
    socket.on('error', settle);
    socket.once('open', () => {
      onOpen(socket);
      settle(undefined);
    });
  });
}
