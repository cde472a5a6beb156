import { type ServerResponse } from 'node:http';

/** What the API may do instead of a good answer, as documented or as seen. */
export type Misbehaviour =
  /** Sends a good answer late. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Takes the request, does what it asks, and never answers. */
  | { readonly kind: 'hang' }
  /** Takes the request, does what it asks, and resets the connection. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** Sends 200 and this text. */
  | { readonly kind: 'text'; readonly text: string }
  /** Answers in XML although JSON was asked for. */
  | { readonly kind: 'xml' }
  /** Leaves fields of calls out. */
  | { readonly kind: 'without'; readonly fields: readonly string[] };

/** Whether the request still has its effect: the carrier may place a call and fail to confirm it. */
export function takesEffect(misbehaviour: Misbehaviour | undefined): boolean {
  return misbehaviour?.kind !== 'status';
}

/** Sends what the API documents for an error. */
export function sendError(response: ServerResponse, status: number, retryAfter?: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
  });
  response.end(JSON.stringify({ RestException: { Status: status, Message: 'as asked', Code: 34010 } }));
}
