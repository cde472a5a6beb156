import { failureOf, type ApiFailure } from './api-answer.ts';

/** An account of Exotel's API. */
export interface ExotelAccount {
  /** `https://api.in.exotel.com` (Mumbai) or `https://api.exotel.com` (Singapore). */
  readonly apiUrl: string;
  readonly accountSid: string;
  readonly apiKey: string;
  readonly apiToken: string;
  /** The zone of its times, which have none. */
  readonly utcOffsetMinutes: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
}

/**
 * An answer's text, or why there is none; `wasSent` is false if the carrier has certainly not received the
 * request.
 */
export type TextAnswer =
  { readonly kind: 'ok'; readonly value: string } | (ApiFailure & { readonly wasSent?: boolean });

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Errors before a single byte of the request was sent. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Sends one request of an account, once. */
export async function sendRequest(
  account: ExotelAccount,
  method: 'GET' | 'POST',
  path: string,
  form?: URLSearchParams,
): Promise<TextAnswer> {
  const { apiUrl, accountSid, timeoutMs } = account;
  const base = `${apiUrl.replace(/\/+$/, '')}/v1/Accounts/${encodeURIComponent(accountSid)}/`;
  try {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: basicAuthorization(account), accept: 'application/json' },
      // A redirect would send the credentials elsewhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(form !== undefined && { body: form }),
    });
    if (response.status === 200) return { kind: 'ok', value: await readText(response) };
    await response.body?.cancel();
    return failureOf(response.status, response.headers.get('retry-after'), Date.now());
  } catch (error) {
    return { kind: 'unavailable', ...describe(error, timeoutMs) };
  }
}

/** The `authorization` header of an account. */
export function basicAuthorization({ apiKey, apiToken }: Pick<ExotelAccount, 'apiKey' | 'apiToken'>): string {
  return `Basic ${Buffer.from(`${apiKey}:${apiToken}`).toString('base64')}`;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString('utf8');
}

/** Codes alone: messages may contain an address. */
function describe(error: unknown, timeoutMs: number): { reason: string; wasSent: boolean } {
  if (textIn(error, 'name') === 'TimeoutError') {
    return { reason: `no answer within ${timeoutMs} ms`, wasSent: true };
  }
  const code = textIn(error, 'code') ?? textIn(valueIn(error, 'cause'), 'code');
  return { reason: code ?? 'the connection failed', wasSent: code === undefined || !NEVER_SENT.has(code) };
}

function textIn(error: unknown, name: string): string | undefined {
  const value = valueIn(error, name);
  return typeof value === 'string' ? value : undefined;
}

function valueIn(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}
