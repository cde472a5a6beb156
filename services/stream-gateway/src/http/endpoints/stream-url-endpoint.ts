import { readCallParameters, readMultipart } from '@turnlog/exotel';
import { type z } from 'zod';
import { type Gatekeeper } from '../../auth/gatekeeper.ts';
import { type StreamTokens } from '../../auth/stream-tokens.ts';
import { validCallSid } from '../../domain/stream-request.ts';
import { type streamUrlAnswer } from '../../domain/stream-url-answer.ts';
import { problem, type Answer } from '../answers/answer.ts';

export interface StreamUrlOptions {
  readonly tokens: StreamTokens;
  /** The URL at which Exotel reaches the gateways: `wss://calls.example.com`. */
  readonly publicUrl: string | undefined;
  readonly gatekeeper: Gatekeeper;
}

const STREAM_PATH = '/exotel/stream';
/**
 * Exotel's own fields of the call, without case, `_` and `-`. `start` repeats them, and the stream's URL has room for a few
 * parameters only. Source: Exotel, Passthru and dynamic URLs.
 */
const OF_CARRIER = new Set([
  ...['callsid', 'sid', 'callfrom', 'callto', 'from', 'to', 'direction', 'created', 'calltype', 'accountsid'],
  ...['starttime', 'endtime', 'currenttime', 'flowid', 'tenantid', 'callstatus', 'status', 'streamsid'],
  ...['dialcallduration', 'dialcallstatus', 'dialwhomnumber', 'forwardedfrom', 'processstatus', 'streamurl'],
]);
/** Settings of the stream, which are not parameters of the call. */
const OF_GATEWAY = ['sample-rate', 'sample_rate', 'applet'];

/**
 * Answers an authenticated request with a URL that is good for one stream. An applet with an https URL requests one for each
 * call and connects to it. Source: Exotel, Stream and Voicebot applet; which fields it sends is not documented.
 */
export async function answerStreamUrl(
  { tokens, publicUrl, gatekeeper }: StreamUrlOptions,
  { tenant, query, body }: { readonly tenant: string; readonly query: string; readonly body: Buffer },
): Promise<Answer> {
  if (publicUrl === undefined) return problem(501, 'no_public_url', NO_PUBLIC_URL);
  const url = streamUrl(publicUrl, new URLSearchParams(query));
  if (gatekeeper.isOpen) return urlAnswer(url);
  const callSid = await namedCall(query, body.toString());
  const token = await tokens.issue({ tenant, callSid }).catch(() => undefined);
  if (token === undefined) return problem(503, 'not_ready', NOT_READY, { 'retry-after': '2' });
  url.pathname += `/${token}`;
  return urlAnswer(url);
}

function urlAnswer(url: URL): Answer {
  return { status: 200, body: { url: url.href } satisfies z.infer<typeof streamUrlAnswer> };
}

function streamUrl(publicUrl: string, query: URLSearchParams): URL {
  const url = new URL(publicUrl);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${STREAM_PATH}`;
  for (const name of OF_GATEWAY) {
    const value = query.get(name);
    if (value !== null) url.searchParams.set(name, value);
  }
  // These have no field that is named like a secret.
  const parameters = readCallParameters({ url: `?${query.toString()}` });
  for (const [name, value] of Object.entries(parameters)) {
    if (!OF_CARRIER.has(name.toLowerCase().replace(/[_\-\s]/g, ''))) url.searchParams.set(name, value);
  }
  return url;
}

const NO_PUBLIC_URL =
  'this gateway does not know its public address: set PUBLIC_URL, such as wss://calls.example.com';
const NOT_READY = 'no token can be issued right now; send the request again';

const NAMES = ['callsid', 'call_sid', 'sid'];
/** Source: RFC 2046, section 5.1.1. */
const MAX_BOUNDARY_CHARACTERS = 70;

/** The call sid in a request's body or query, in any encoding; undefined if there is none. */
export async function namedCall(query: string, body: string): Promise<string | undefined> {
  const fields = [...(await bodyFields(body)), ...new URLSearchParams(query)];
  const found = fields.filter(([name]) => NAMES.includes(name.toLowerCase()));
  return found.map(([, value]) => validCallSid(value)).find((callSid) => callSid !== undefined);
}

/** The encoding is detected, because senders were seen to announce another one than they use. */
async function bodyFields(body: string): Promise<[string, string][]> {
  const text = body.trimStart();
  if (text.startsWith('{')) return jsonFields(text);
  if (text.startsWith('--')) return multipartFields(text);
  return [...new URLSearchParams(text)];
}

/** A body of parts begins with their boundary. */
async function multipartFields(text: string): Promise<[string, string][]> {
  const boundary = text.slice('--'.length, text.indexOf('\r\n')).trimEnd();
  if (boundary.length > MAX_BOUNDARY_CHARACTERS || boundary.includes('"')) return [];
  return (await readMultipart(`multipart/form-data; boundary="${boundary}"`, Buffer.from(text))) ?? [];
}

function jsonFields(text: string): [string, string][] {
  try {
    const json = JSON.parse(text) as Record<string, unknown>;
    return Object.entries(json).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  } catch {
    return [];
  }
}
