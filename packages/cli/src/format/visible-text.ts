const NAMED: Readonly<Record<string, string>> = {
  '\n': '↵',
  '\r\n': '↵',
  '\r': '↵',
  '\u2028': '↵',
  '\u2029': '↵',
  '\t': ' ',
};

/*
 * What a terminal could take for a command (C0, DEL, C1), what turns the direction of the text around it, and marks that
 * nobody sees. Joiners stay: Indian scripts and emoji need them.
 */
const UNSAFE =
  /\r\n|[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;

/** A text from a call as a terminal may show it: on one line, and nothing in it that acts instead of being read. */
export function visibleText(text: string): string {
  return text.toWellFormed().replace(UNSAFE, (found) => NAMED[found] ?? `<U+${codeOf(found)}>`);
}

/** A JSON value as one line of text: a string as it is, anything else as JSON. */
export function visibleValue(value: unknown): string {
  return visibleText(typeof value === 'string' ? value : JSON.stringify(value));
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
