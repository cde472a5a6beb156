import { type Found } from './found.ts';

// https://www.incometaxindia.gov.in: five letters, the fourth is the type of the holder; four digits; a
// letter. Each part of the pattern has a fixed length, so that it never backtracks.
const PAN =
  /(?<![a-z0-9])[a-z][ .-]?[a-z][ .-]?[a-z][ .-]?[abcfghjlpt][ .-]?[a-z][ .-]{0,2}\d[ .-]?\d[ .-]?\d[ .-]?\d[ .-]{0,2}[a-z](?![a-z0-9])/gi;

/** Permanent account numbers of the Indian tax office. */
export function findPans(text: string): Found[] {
  return [...text.matchAll(PAN)].map(({ index, 0: pan }) => ({
    kind: 'pan',
    start: index,
    end: index + pan.length,
  }));
}
