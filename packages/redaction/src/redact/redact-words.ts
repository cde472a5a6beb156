import { findPersonalData } from '../find/find-personal-data.ts';
import { type Found } from '../find/found.ts';
import { type RedactionMode } from './mode.ts';

/**
 * The words of a text, one by one, without the personal data that they are when they are read together: a number that was
 * spoken in pieces is in no single one of them. Each word that is a part of it becomes its kind.
 */
export function redactWords<Word extends { readonly text: string }>(
  words: readonly Word[],
  mode: RedactionMode,
): { readonly words: readonly Word[]; readonly count: number } {
  if (mode === 'none') return { words, count: 0 };
  const found = findPersonalData(words.map(({ text }) => text).join(' '));
  if (found.length === 0) return { words, count: 0 };
  let start = 0;
  let next = 0;
  const redacted = words.map((word) => {
    const end = start + word.text.length;
    while ((found[next]?.end ?? Infinity) <= start) next += 1;
    const find = found[next];
    const isPart = find !== undefined && overlaps(find, start, end);
    start = end + 1;
    return isPart ? { ...word, text: `[${find.kind}]` } : word;
  });
  return { words: redacted, count: found.length };
}

function overlaps(found: Found, start: number, end: number): boolean {
  return found.start < end && found.end > start;
}
