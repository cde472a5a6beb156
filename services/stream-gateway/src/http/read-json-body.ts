import { type IncomingMessage } from 'node:http';
import { type Answer } from './answer.ts';
import { readBody, refusedBody } from './read-body.ts';

/** A request's body, or what is to be answered instead. */
export type JsonBody =
  { readonly ok: true; readonly json: unknown } | { readonly ok: false; readonly answer: Answer };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads a JSON body of limited size. Rejects when the client goes away meanwhile. */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<JsonBody> {
  const body = await readBody(request, maxBytes, 'send the events in several requests');
  if (!body.ok) return body;
  try {
    return { ok: true, json: JSON.parse(utf8.decode(body.bytes)) as unknown };
  } catch {
    const message = 'the body is not JSON in UTF-8; send one message, or an array of messages';
    return refusedBody(400, 'not_json', message);
  }
}
