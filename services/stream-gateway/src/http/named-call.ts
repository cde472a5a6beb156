import { parseMultipart } from '@turnlog/exotel';
import { validCallSid } from '../domain/stream-request.ts';

const NAMES = ['callsid', 'call_sid', 'sid'];
/** Source: RFC 2046, section 5.1.1. */
const MAX_BOUNDARY_CHARACTERS = 70;

/** The call that a request names, in its body or its query, however it is encoded; undefined where it names none. */
export function namedCall(query: string, body: string): string | undefined {
  const fields = [...bodyFields(body), ...new URLSearchParams(query)];
  const found = fields.filter(([name]) => NAMES.includes(name.toLowerCase()));
  return found.map(([, value]) => validCallSid(value)).find((callSid) => callSid !== undefined);
}

/** Told apart by their looks: senders of one encoding have been seen to announce another. */
function bodyFields(body: string): [string, string][] {
  const text = body.trimStart();
  if (text.startsWith('{')) return jsonFields(text);
  if (text.startsWith('--')) return multipartFields(text);
  return [...new URLSearchParams(text)];
}

/** A body of parts begins with their boundary. */
function multipartFields(text: string): [string, string][] {
  const boundary = text.slice('--'.length, text.indexOf('\r\n')).trimEnd();
  if (boundary.length > MAX_BOUNDARY_CHARACTERS || boundary.includes('"')) return [];
  return parseMultipart(`multipart/form-data; boundary="${boundary}"`, Buffer.from(text)) ?? [];
}

function jsonFields(text: string): [string, string][] {
  try {
    const json = JSON.parse(text) as Record<string, unknown>;
    return Object.entries(json).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  } catch {
    return [];
  }
}
