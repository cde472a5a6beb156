import { type IncomingMessage } from 'node:http';
import { problem, type Answer } from './answer.ts';

/** A request's body, or what is to be answered instead. */
export type JsonBody =
  { readonly ok: true; readonly json: unknown } | { readonly ok: false; readonly answer: Answer };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads a JSON body of limited size. Rejects when the client goes away meanwhile. */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<JsonBody> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    return refused(415, 'unsupported_encoding', 'send the body without content-encoding');
  }
  const bytes = await readBytes(request, maxBytes);
  if (bytes === undefined) {
    return refused(
      413,
      'too_large',
      `the body is larger than ${maxBytes} bytes; send the events in several requests`,
    );
  }
  try {
    return { ok: true, json: JSON.parse(utf8.decode(bytes)) as unknown };
  } catch {
    return refused(
      400,
      'not_json',
      'the body is not JSON in UTF-8; send one message, or an array of messages',
    );
  }
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

function refused(status: number, code: string, message: string): JsonBody {
  // What is left of the body is not read, so the connection can't be used again.
  return { ok: false, answer: problem(status, code, message, { connection: 'close' }) };
}
