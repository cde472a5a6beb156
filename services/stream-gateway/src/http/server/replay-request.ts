import { type IncomingMessage, type Server } from 'node:http';
import { type Duplex } from 'node:stream';

/** Headers that offer another protocol, and are about this connection alone. */
const OFFER = new Set(['upgrade', 'http2-settings']);

/** Whether a request asks for a WebSocket. Any other offer, such as h2c, may be passed over: RFC 9110, section 7.8. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  const offered = (headers.upgrade ?? '').split(',').map((protocol) => protocol.trim().toLowerCase());
  return method === 'GET' && offered.includes('websocket');
}

/**
 * Has a request answered that Node took for an upgrade, as one without the offer. Node has stopped to read HTTP from its
 * connection: the server is given the connection again, with the request at its beginning.
 */
export function replayWithoutOffer(
  server: Server,
  {
    request,
    socket,
    head,
  }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
): void {
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
