import { type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type CallFields } from './fake-call.ts';
import { sendError, type Misbehaviour } from './misbehaviour.ts';
import { toXml } from './to-xml.ts';

/** What the API answers: one call, or a list. */
export type ApiDocument = { readonly Call: CallFields } | { readonly Calls: readonly CallFields[] };

/** Sends the document, or 404 without one, with the given misbehaviour. */
export async function respond(
  response: ServerResponse,
  document: ApiDocument | undefined,
  misbehaviour: Misbehaviour | undefined,
): Promise<void> {
  switch (misbehaviour?.kind) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'status':
      sendError(response, misbehaviour.status, misbehaviour.retryAfter);
      return;
    case 'text':
      response.end(misbehaviour.text);
      return;
    case 'slow':
      await delay(misbehaviour.ms);
      break;
    case 'xml':
    case 'without':
    case undefined:
      break;
  }
  if (document === undefined) sendError(response, 404);
  else sendDocument(response, document, misbehaviour);
}

/** A call without these fields. */
export function without(call: CallFields, fields: readonly string[]): CallFields {
  return Object.fromEntries(Object.entries(call).filter(([name]) => !fields.includes(name)));
}

function sendDocument(
  response: ServerResponse,
  document: ApiDocument,
  misbehaviour: Misbehaviour | undefined,
): void {
  const isCut = misbehaviour?.kind === 'without' && 'Call' in document;
  const sent = isCut ? { Call: without(document.Call, misbehaviour.fields) } : document;
  const isXml = misbehaviour?.kind === 'xml';
  response.writeHead(200, { 'content-type': isXml ? 'application/xml' : 'application/json' });
  response.end(isXml ? toXml(sent) : JSON.stringify(sent));
}
