import { findPersonalData } from '../find/find-personal-data.ts';
import { type Found } from '../find/found.ts';
import { labelOf, type RedactionMode } from './mode.ts';

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

/** The text with a label instead of each find, the finds in order. */
export function replaceFound(
  text: string,
  found: readonly Found[],
  mode: Exclude<RedactionMode, 'none'>,
): string {
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
