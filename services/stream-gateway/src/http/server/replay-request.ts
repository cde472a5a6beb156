import { type IncomingMessage, type Server } from 'node:http';
import { type Duplex } from 'node:stream';

/** Headers that offer another protocol, for this connection alone. */
const OFFER = new Set(['upgrade', 'http2-settings']);

/** Whether a request asks for a WebSocket. Any other offer, such as h2c, may be ignored: RFC 9110, section 7.8. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  const offered = (headers.upgrade ?? '').split(',').map((protocol) => protocol.trim().toLowerCase());
  return method === 'GET' && offered.includes('websocket');
}

/** A request for an upgrade as Node emits it. */
export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/**
 * Removes the offer from a request that Node took for an upgrade. Node no longer reads HTTP from its connection, so the
 * server receives the connection again, with the request at its beginning.
 */
export function replayWithoutOffer(server: Server, { request, socket, head }: UpgradeRequest): void {
  const { method = 'GET', url = '/', httpVersion } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`, ...headerLines(request.rawHeaders)];
  // Headers are bytes: Node reads and writes them as Latin-1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function headerLines(rawHeaders: readonly string[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    const kept = name.toLowerCase() === 'connection' ? withoutOffer(value) : value;
    if (!OFFER.has(name.toLowerCase())) lines.push(`${name}: ${kept}`);
  }
  return lines;
}

function withoutOffer(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  return options.filter((option) => !OFFER.has(option.toLowerCase())).join(', ');
}
