/** Why the API gave no usable answer. */
export type ApiFailure =
  /** Too many requests, from all users of the account. */
  | { readonly kind: 'rate_limited'; readonly status: number; readonly retryAfterMs: number | undefined }
  /** No answer, a broken one, or a server error: retry later. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** The credentials are wrong, or lack the right. */
  | { readonly kind: 'unauthorised'; readonly status: number }
  | { readonly kind: 'not_found' }
  /** The request itself is refused, and a retry would be. */
  | { readonly kind: 'rejected'; readonly status: number };

/** The outcome of a request. A failure repeats nothing of the request. */
export type ApiAnswer<T> = { readonly kind: 'ok'; readonly value: T } | ApiFailure;

const MAX_RETRY_AFTER_MS = 3_600_000;

/** The meaning of a status other than 200 (https://developer.exotel.com/docs/references/error-codes). */
export function failureOf(status: number, retryAfter: string | null, nowMs: number): ApiFailure {
  const retryAfterMs = retryAfterMsOf(retryAfter, nowMs);
  if (status === 429 || (status === 503 && retryAfterMs !== undefined))
    return { kind: 'rate_limited', status, retryAfterMs };
  if (status === 401 || status === 403) return { kind: 'unauthorised', status };
  if (status === 404) return { kind: 'not_found' };
  if (status >= 400 && status < 500 && status !== 408) return { kind: 'rejected', status };
  return { kind: 'unavailable', reason: `HTTP ${status}` };
}

/** `Retry-After` in seconds or as a date; an hour at most. */
function retryAfterMsOf(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
