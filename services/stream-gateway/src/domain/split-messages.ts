/** One message of a request: its bytes as they came, and what is known of it before it is parsed. */
export interface MessageBytes {
  /** A view on the body: the blanks around the message are not in it. */
  readonly bytes: Buffer;
  /** How deep its arrays and objects are nested; 0 for a text, a number or nothing. */
  readonly depth: number;
}

/** The messages of a body, or why they can't be separated. */
export type SplitMessages =
  | { readonly ok: true; readonly isArray: boolean; readonly messages: readonly MessageBytes[] }
  | { readonly ok: false; readonly problem: 'not_json' | 'too_many'; readonly count: number };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/**
 * Takes a body apart into its messages without parsing it: the items of an array, or all of it. An item that is no JSON
 * spoils no other one, as long as its brackets and quotes are in pairs. Takes time in proportion to the body.
 */
export function splitMessages(body: Buffer, maxMessages: number): SplitMessages {
  const hasMark = body.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  const text = trimBlanks(hasMark ? body.subarray(BYTE_ORDER_MARK.length) : body);
  if (text[0] !== OPEN_ARRAY)
    return { ok: true, isArray: false, messages: [{ bytes: text, depth: depthOf(text) }] };
  return splitArray(text, maxMessages);
}

function splitArray(text: Buffer, maxMessages: number): SplitMessages {
  const messages: MessageBytes[] = [];
  let count = 0;
  let start = 1;
  let level = 1;
  let deepest = 1;
  for (let index = 1; index < text.length; index += 1) {
    const byte = text[index];
    if (byte === QUOTE) index = endOfString(text, index);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      level += 1;
      if (level > deepest) deepest = level;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) level -= 1;
    const isItemOver = (level === 1 && byte === COMMA) || level === 0;
    if (!isItemOver) continue;
    // Past the most that are kept, items are only counted: a view of each of millions takes a second.
    if (count >= maxMessages) count += 1;
    else {
      const bytes = trimBlanks(text.subarray(start, index));
      const isEmptyArray = level === 0 && count === 0 && bytes.length === 0;
      if (!isEmptyArray) count = messages.push({ bytes, depth: deepest - 1 });
    }
    start = index + 1;
    deepest = 1;
    if (level === 0) break;
  }
  const isWhole = level === 0 && start === text.length && text[start - 1] === CLOSE_ARRAY;
  if (!isWhole) return { ok: false, problem: 'not_json', count };
  if (count > maxMessages) return { ok: false, problem: 'too_many', count };
  return { ok: true, isArray: true, messages };
}

/** How deep the arrays and objects of a JSON text are nested. */
export function depthOf(text: Buffer): number {
  let level = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index];
    if (byte === QUOTE) index = endOfString(text, index);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      level += 1;
      if (level > deepest) deepest = level;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) level -= 1;
  }
  return deepest;
}

/** The quote that closes a string; the end of the text where none does. */
export function endOfString(text: Buffer, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const byte = text[index];
    if (byte === BACKSLASH) index += 1;
    else if (byte === QUOTE) return index;
  }
  return text.length;
}

function trimBlanks(text: Buffer): Buffer {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.subarray(start, end);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
