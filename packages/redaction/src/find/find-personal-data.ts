import { toPlainText } from '../characters/plain-text.ts';
import { findEmails } from './find-emails.ts';
import { findNumbers } from './find-numbers.ts';
import { findPans } from './find-pans.ts';
import { type Found } from './found.ts';

// The shortest find is `a@b.co`.
const MIN_LENGTH = 6;
const MAY_HOLD = /[@\p{Nd}\uFF20]/u;

/**
 * All personal data in a text, in order and without overlaps: of two at one place, the one that begins first.
 */
export function findPersonalData(text: string): Found[] {
  if (text.length < MIN_LENGTH || !MAY_HOLD.test(text)) return [];
  const { characters, starts } = toPlainText(text);
  const found = [...findEmails(characters), ...findPans(characters), ...findNumbers(characters)];
  const inOrder = found.sort((a, b) => a.start - b.start || b.end - a.end);
  return withoutOverlaps(inOrder).map((each) => ({
    ...each,
    start: starts[each.start] ?? 0,
    end: endOf(starts, each.end),
  }));
}

/** After its last visible character: an invisible one there may belong to the next. */
function endOf(starts: Uint32Array, end: number): number {
  return starts[end] ?? 0;
}

function withoutOverlaps(found: readonly Found[]): Found[] {
  let coveredTo = 0;
  return found.filter(({ start, end }) => {
    if (start < coveredTo) return false;
    coveredTo = end;
    return true;
  });
}
