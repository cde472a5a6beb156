import { toPlainText } from '../characters/plain-text.ts';
import { findEmails } from './find-emails.ts';
import { findNumbers } from './find-numbers.ts';
import { type Found } from './found.ts';

// https://www.incometaxindia.gov.in: five letters, the fourth is the type of the holder; four digits; a
// letter. Each part of the pattern has a fixed length, so that it never backtracks.
const PAN =
  /(?<![a-z0-9])[a-z][ .-]?[a-z][ .-]?[a-z][ .-]?[abcfghjlpt][ .-]?[a-z][ .-]{0,2}\d[ .-]?\d[ .-]?\d[ .-]?\d[ .-]{0,2}[a-z](?![a-z0-9])/gi;

// The shortest find is `a@b.co`.
const MIN_LENGTH = 6;
const MAY_HOLD = /[@\p{Nd}\uFF20]/u;

/** All personal data in a text, in order and without overlaps: of two at one place, the one that begins first. */
export function findPersonalData(text: string): Found[] {
  if (text.length < MIN_LENGTH || !MAY_HOLD.test(text)) return [];
  const { characters, starts } = toPlainText(text);
  const found = [...findEmails(characters), ...findPans(characters), ...findNumbers(characters)];
  const inOrder = found.sort((a, b) => a.start - b.start || b.end - a.end);
  // A find ends after its last visible character: an invisible one there may belong to the next.
  const inOriginal = (index: number): number => starts[index] ?? 0;
  return withoutOverlaps(inOrder).map((each) => ({
    ...each,
    start: inOriginal(each.start),
    end: inOriginal(each.end),
  }));
}

/** Permanent account numbers of the Indian tax office. */
function findPans(text: string): Found[] {
  const pans = [...text.matchAll(PAN)];
  return pans.map(({ index, 0: pan }) => ({ kind: 'pan', start: index, end: index + pan.length }));
}

function withoutOverlaps(found: readonly Found[]): Found[] {
  let coveredTo = 0;
  return found.filter(({ start, end }) => {
    if (start < coveredTo) return false;
    coveredTo = end;
    return true;
  });
}
