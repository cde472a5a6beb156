import { STATUS_CODES, type ServerResponse } from 'node:http';
import { type Duplex } from 'node:stream';

/** An answer of the gateway: a status and a JSON body. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that says what went wrong and what to do. */
export function problem(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, body: { error: { code, message } }, headers };
}

/** Sends an answer. */
export function send(response: ServerResponse, answer: Answer): void {
  const { text, headers } = encode(answer);
  response.writeHead(answer.status, headers).end(text);
}

/** Refuses an upgrade, for which there is no response object, with a plain HTTP answer, and closes the connection. */
export function refuseUpgrade(socket: Duplex, answer: Answer): void {
  const { text, headers } = encode({ ...answer, headers: { ...answer.headers, connection: 'close' } });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const statusLine = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n`;
  socket.once('finish', () => socket.destroy());
  socket.end(`${statusLine}${lines.join('')}\r\n${text}`);
}

function encode({ body, headers }: Answer): { text: string; headers: Record<string, string | number> } {
  const text = `${JSON.stringify(body)}\n`;
  return {
    text,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      ...headers,
    },
  };
}
