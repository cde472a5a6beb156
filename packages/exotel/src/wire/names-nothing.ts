/** The words for "nothing" of carriers and their clients. */
const NOTHING = /^\s*(?:na|#?n\/a|nan|nil|none|null|undefined|[(<]n(?:ull|il|one)[)>]|-|""|'')?\s*$/i;

/** Whether a text is one of the words for "nothing", or blank. */
export function saysNothing(text: string): boolean {
  return text.length <= 64 && NOTHING.test(text);
}

const MAX_CHARACTERS = 64;

/**
 * Runs for each frame. Most identifiers need no further check: no word for "nothing" is as long, and no
 * placeholder begins so.
 */
const LONGEST_WORD = 'undefined'.length;

/** The text of an unfilled template, or of a program without a value. */
const PLACEHOLDER = /^\s*(?:\[object \w+\]|\{\{?\s*\w*\s*\}?\}|\$\{?\w*\}?|%\w*%|<\w*>)\s*$/;

/**
 * Whether an identifier is empty, such as `None` or `{{CallSid}}`: all calls of that name would become one.
 */
export function namesNothing(id: string): boolean {
  if (id.length > MAX_CHARACTERS) return false;
  if (id.length > LONGEST_WORD && isAlphanumeric(id, 0) && isAlphanumeric(id, id.length - 1)) return false;
  return saysNothing(id) || PLACEHOLDER.test(id);
}

function isAlphanumeric(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
