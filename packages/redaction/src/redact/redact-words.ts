import { findPersonalData } from '../find/find-personal-data.ts';
import { type RedactionMode } from './redact-text.ts';

/**
 * Parts of a text, such as its words, without the personal data that they contain together: a number that was
 * spoken in parts is in no single one. Each part of it is replaced by its kind. `between` is the text between
 * two parts.
 */
export function redactWords<Piece extends { readonly text: string }>(
  pieces: readonly Piece[],
  mode: RedactionMode,
  between = ' ',
): { readonly words: readonly Piece[]; readonly count: number } {
  if (mode === 'none') return { words: pieces, count: 0 };
  const found = findPersonalData(pieces.map(({ text }) => text).join(between));
  if (found.length === 0) return { words: pieces, count: 0 };
  let start = 0;
  let next = 0;
  const redacted = pieces.map((piece) => {
    const end = start + piece.text.length;
    const parts: string[] = [];
    let from = start;
    while ((found[next]?.end ?? Infinity) <= start) next += 1;
    for (let index = next; (found[index]?.start ?? Infinity) < end; index += 1) {
      const find = found[index];
      if (find === undefined) break;
      parts.push(piece.text.slice(from - start, Math.max(from, find.start) - start), `[${find.kind}]`);
      from = Math.min(end, find.end);
    }
    parts.push(piece.text.slice(from - start));
    start = end + between.length;
    return parts.length === 1 ? piece : { ...piece, text: parts.join('') };
  });
  return { words: redacted, count: found.length };
}
