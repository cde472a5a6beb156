import { type IncomingMessage } from 'node:http';
import { problem, type Answer } from './answer.ts';

/** A request's body, or what is to be answered instead. */
export type Body =
  { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly answer: Answer };

/** Reads a body of limited size. Rejects when the client goes away meanwhile. */
export async function readBody(request: IncomingMessage, maxBytes: number, advice: string): Promise<Body> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    return refusedBody(415, 'unsupported_encoding', 'send the body without content-encoding');
  }
  const bytes = await readBytes(request, maxBytes);
  if (bytes !== undefined) return { ok: true, bytes };
  return refusedBody(413, 'too_large', `the body is larger than ${maxBytes} bytes; ${advice}`);
}

/** What is left of the body is not read, so the connection can't be used again. */
function refusedBody(status: number, code: string, message: string): Body & { readonly ok: false } {
  return { ok: false, answer: problem(status, code, message, { connection: 'close' }) };
}

async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
