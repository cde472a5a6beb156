import { type FastifyReply } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';

/** An answer of the gateway: a status and a JSON body. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why a request is refused, if the body must not state it. */
  readonly reason?: string;
}

/** An answer with an error. `message` states what to do. */
export function problem(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, body: { error: { code, message } }, headers };
}

/** The same answer for a request whose body is not read: its connection cannot be used again. */
export function unread(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, connection: 'close' } };
}

/** Sends an answer, and keeps the reason of a refusal for the log. */
export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.refusal = refusalIn(answer);
  const { text, headers } = encode(answer);
  return reply.code(answer.status).headers(headers).send(text);
}

/** A Passthru is refused with 200. */
function refusalIn({ status, body, reason }: Answer): string | undefined {
  const { error } = body as { readonly error?: { readonly code?: string } };
  return reason ?? error?.code ?? (status >= 400 ? `status_${status}` : undefined);
}

/** Refuses an upgrade, for which there is no reply object, with a plain HTTP answer, and closes the connection. */
export function refuseUpgrade(socket: Duplex, answer: Answer): void {
  const { text, headers } = encode(unread(answer));
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

declare module 'fastify' {
  interface FastifyReply {
    /** Why the request was refused; undefined if it was not. */
    refusal: string | undefined;
  }
}
