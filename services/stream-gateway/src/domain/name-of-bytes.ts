import { ExactNumber, parseJson } from '@turnlog/call-events';
import { type MessageName } from './read-agent-message.ts';
import { endOfString } from './split-messages.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

const KEYS = ['"id"', '"revision"'] as const;
const MAX_KEY_BYTES = 10;
const MAX_ID_CHARACTERS = 128;

/** The most that an id takes: each of its characters may be an escape such as `\u00e9`. */
const MAX_VALUE_BYTES = 6 * MAX_ID_CHARACTERS + 2;

type Key = (typeof KEYS)[number];

/**
 * The id and the revision of a message that is not parsed, because it is too large, too deep or too fast: its sender has to
 * know which one was refused. The last one takes precedence, as in JSON. Takes time in proportion to the message.
 */
export function nameOfBytes(message: Uint8Array): MessageName {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const found: Partial<Record<Key, unknown>> = {};
  let level = 0;
  let field: { readonly key: Key; readonly start: number } | undefined;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) {
      const end = endOfString(bytes, index);
      const key = level === 1 && field === undefined ? keyAt(bytes, index, end) : undefined;
      if (key !== undefined) field = { key, start: end + 1 };
      index = end;
    } else if (OPENING.has(byte)) level += 1;
    else if (CLOSING.has(byte)) level -= 1;
    const isOver = (level === 1 && byte === COMMA) || level === 0;
    if (!isOver || field === undefined) continue;
    found[field.key] = valueOf(bytes.subarray(field.start, index));
    field = undefined;
  }
  return nameOf(found['"id"'], found['"revision"']);
}

function nameOf(id: unknown, revision: unknown): MessageName {
  const isNumber = typeof id === 'number' || id instanceof ExactNumber;
  const isGiven = isNumber || (typeof id === 'string' && id.length <= MAX_ID_CHARACTERS);
  return {
    id: isGiven ? String(id) : undefined,
    revision: Number.isSafeInteger(revision) ? (revision as number) : undefined,
  };
}

/** The key that a string is; undefined for a value with the same text. */
function keyAt(bytes: Buffer, start: number, end: number): Key | undefined {
  if (end - start >= MAX_KEY_BYTES) return undefined;
  const text = bytes.toString('latin1', start, end + 1);
  const key = KEYS.find((known) => known === text);
  if (key === undefined) return undefined;
  let next = end + 1;
  while (next < bytes.length && (bytes[next] ?? 0) <= 0x20) next += 1;
  return bytes[next] === COLON ? key : undefined;
}

function valueOf(field: Buffer): unknown {
  if (field.length > 2 * MAX_VALUE_BYTES) return undefined;
  try {
    return parseJson(field.toString().replace(':', ''));
  } catch {
    return undefined;
  }
}
