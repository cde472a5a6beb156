import { failureOf, type ApiFailure } from './api-answer.ts';
import { basicAuthorization, type ExotelAccount } from './request.ts';

/** A recording in transfer, or why there is none. */
export type FetchedRecording =
  | {
      readonly kind: 'ok';
      readonly body: AsyncIterable<Uint8Array>;
      readonly contentType: string | undefined;
    }
  | { readonly kind: 'unsafe_address'; readonly reason: string }
  | ApiFailure;

type Credentials = Pick<ExotelAccount, 'apiUrl' | 'apiKey' | 'apiToken'>;

const MAX_REDIRECTS = 4;
/** A recording of hours, over a slow line. */
const TIMEOUT_MS = 15 * 60_000;

/**
 * Fetches a recording. The API's credentials are sent to Exotel's own hosts alone, whatever the URL in a
 * callback and wherever a redirect leads: its storage needs none.
 */
export async function fetchRecording(recordingUrl: string, account: Credentials): Promise<FetchedRecording> {
  let url = new URL(recordingUrl);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const isOfApi = url.origin === new URL(account.apiUrl).origin;
    if (url.protocol !== 'https:' && !isOfApi)
      return { kind: 'unsafe_address', reason: `${url.protocol}//${url.host} is not encrypted` };
    const headers = isOfApi || isOfExotel(url) ? { authorization: basicAuthorization(account) } : {};
    const response = await ask(url, headers, signal);
    if (!(response instanceof Response)) return response;
    const location = response.headers.get('location');
    if (response.status === 200 && response.body !== null) {
      const contentType = response.headers.get('content-type') ?? undefined;
      return { kind: 'ok', body: response.body as AsyncIterable<Uint8Array>, contentType };
    }
    await response.body?.cancel();
    if (response.status < 300 || response.status >= 400 || location === null)
      return failureOf(response.status, response.headers.get('retry-after'), Date.now());
    if (!URL.canParse(location, url.href))
      return { kind: 'unsafe_address', reason: 'a redirect has no address' };
    url = new URL(location, url);
  }
  return { kind: 'unsafe_address', reason: 'there are too many redirects' };
}

function isOfExotel({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && /(?:^|\.)exotel\.(?:com|in)$/i.test(hostname);
}

/** The problem never contains the address, which may have a signature. */
async function ask(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response | ApiFailure> {
  try {
    return await fetch(url, { headers, redirect: 'manual', signal });
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
    const reason = typeof cause?.code === 'string' ? cause.code : 'the connection failed';
    return { kind: 'unavailable', reason };
  }
}
