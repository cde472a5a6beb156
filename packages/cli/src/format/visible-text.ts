import { stringifyJson } from '@turnlog/call-events';

const NAMED: Readonly<Record<string, string>> = {
  '\n': '↵',
  '\r\n': '↵',
  '\r': '↵',
  '\u2028': '↵',
  '\u2029': '↵',
  '\t': ' ',
};

/*
 * Characters that a terminal could take for a command (C0, DEL, C1), that change the direction of the text
 * around them, and invisible marks. Joiners stay: Indian scripts and emoji need them.
 */
const UNSAFE =
  /\r\n|[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;

/** A text from a call that is safe on a terminal: on one line, and without characters that act. */
export function visibleText(text: string): string {
  return text.toWellFormed().replace(UNSAFE, (found) => NAMED[found] ?? `<U+${codeOf(found)}>`);
}

/** A JSON value as one line of text: a string as it is, anything else as JSON. */
export function visibleValue(value: unknown): string {
  return visibleText(typeof value === 'string' ? value : stringifyJson(value));
}

/** A document as JSON that is safe on a terminal. */
export function visibleJson(document: unknown): string {
  return escapeUnsafe(stringifyJson(document, 2));
}

/** An equivalent JSON text that is safe on a terminal: JSON leaves C1 and bidi marks as they are. */
export function escapeUnsafe(json: string): string {
  return json.replace(UNSAFE, (found) => (LINE_ENDS.has(found) ? found : escapeUnits(found)));
}

/** Line ends occur only between the values of a JSON text; in its strings they are escaped. */
const LINE_ENDS = new Set(['\n']);

function escapeUnits(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
