import { findPersonalData } from '../find/find-personal-data.ts';
import { type Found } from '../find/found.ts';

/**
 * How personal data is treated.
 * - `none`: it stays.
 * - `mask`: its kind replaces it, with the last digits of a number: `[card …1111]`.
 * - `drop`: its kind replaces it, and a field that held nothing else is removed.
 */
export type RedactionMode = 'none' | 'mask' | 'drop';

/** Enough to recognize one of one's own cards or phones. */
const SHOWN_DIGITS = { card: 4, aadhaar: 4, phone: 2, pan: 0, email: 0 };

/** A text without personal data, and the number of finds. */
export interface RedactedText {
  readonly text: string;
  readonly count: number;
}

/** Removes personal data from a text. Takes time in proportion to its length, whatever its content. */
export function redactText(text: string, mode: RedactionMode): RedactedText {
  if (mode === 'none') return { text, count: 0 };
  const found = findPersonalData(text);
  return { text: replaceFound(text, found, mode), count: found.length };
}

/**
 * The part of a text that was heard. A number that is cut off is not recognized any more and would show most
 * of its digits, so finds of the whole text also apply to its beginning.
 */
export function redactBeginning(beginning: string, whole: string, mode: RedactionMode): string {
  if (mode === 'none') return beginning;
  if (!whole.startsWith(beginning)) return redactText(beginning, mode).text;
  const found = findPersonalData(whole)
    .filter(({ start }) => start < beginning.length)
    .map((each) =>
      each.end <= beginning.length ? each : { kind: each.kind, start: each.start, end: beginning.length },
    );
  return replaceFound(beginning, found, mode);
}

/** The text with a label instead of each find, the finds in order. */
function replaceFound(text: string, found: readonly Found[], mode: Exclude<RedactionMode, 'none'>): string {
  const parts: string[] = [];
  let from = 0;
  for (const each of found) {
    parts.push(text.slice(from, each.start), labelOf(each, mode));
    from = each.end;
  }
  return [...parts, text.slice(from)].join('');
}

/** Whether a text is a find and nothing else. */
export function isNothingElse(text: string): boolean {
  const found = findPersonalData(text);
  return found.length > 0 && replaceFound(text, found, 'drop').replace(/\[\w+\]|[\s+]/g, '') === '';
}

/** The replacement of a find. */
function labelOf({ kind, digits }: Found, mode: Exclude<RedactionMode, 'none'>): string {
  const shown = SHOWN_DIGITS[kind];
  if (mode === 'drop' || shown === 0 || digits === undefined) return `[${kind}]`;
  return `[${kind} …${digits.slice(-shown)}]`;
}
