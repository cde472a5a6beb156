import { TurnlogError } from './turnlog-error.ts';

/** How to reach a gateway over HTTP. */
export interface HttpOptions {
  /** The gateway's address, such as `https://calls.example.com`. A function is called before each request. */
  readonly url: string | (() => string);
  /** The tenant's API secret, if the gateway requires one. */
  readonly token?: string;
  /** How long one request may take; 10 s by default. */
  readonly timeoutMs?: number;
  /** The longest pause between a failed request and the next one; 10 s by default. */
  readonly maxPauseMs?: number;
}

/** The gateway's answer to one message. */
export interface MessageResult {
  readonly id: string;
  readonly revision?: number;
  readonly status: 'appended' | 'duplicate' | 'rejected';
  readonly seq?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The gateway's answer to one request. */
export interface HttpAnswer {
  readonly status: number;
  readonly retryAfterMs: number;
  /** In the order of the messages. Empty if the request as a whole was rejected. */
  readonly results: readonly MessageResult[];
  /** Why the request as a whole was rejected. */
  readonly error: { readonly code?: string; readonly message?: string };
}

/** One request, which is sent once. */
export interface PostOptions {
  readonly callSid: string;
  readonly http: HttpOptions;
  /** The JSON of each message, sent as it is. */
  readonly messages: readonly string[];
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 10_000;

/**
 * Reports messages in one request, without resends: for a caller that keeps and repeats them itself. Rejects if there was
 * no answer that can be read; then it is unknown whether the messages are recorded.
 */
export async function postMessages({ callSid, http, messages, signal }: PostOptions): Promise<HttpAnswer> {
  const { url, token, timeoutMs = TIMEOUT_MS } = http;
  const base = (typeof url === 'string' ? url : url()).replace(/\/+$/, '');
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(`${base}/v1/calls/${encodeURIComponent(callSid)}/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: `[${messages.join(',')}]`,
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  const { status, ok, headers } = response;
  const body = parseJson(await response.text());
  if (body === undefined && ok) throw new TurnlogError('unreadable', `the answer ${status} has no JSON`);
  const { results, error } = fieldsOf(body);
  return {
    status,
    retryAfterMs: Number(headers.get('retry-after') ?? 0) * 1000 || 0,
    results: Array.isArray(results) ? (results as MessageResult[]) : [],
    error: fieldsOf(error),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
