import { type Found, type Kind } from './found.ts';
import { kindOfNumber, MAX_DIGITS, MIN_DIGITS } from './number-kinds.ts';

/** Consecutive digits. */
interface Group {
  readonly start: number;
  readonly end: number;
  readonly hasPlus: boolean;
}

// What people write between the digits of one number: spaces, dashes, dots, brackets, underscores, slashes.
const SEPARATOR = /[\p{Zs}\t\r\n\p{Pd}\u2212.·•()_/]/u;
const MAX_SEPARATORS = 3;
const LETTER = /[a-z]/i;

/**
 * Cards, Aadhaar numbers and phones. They begin and end at groups of digits: never in the middle of a longer
 * number.
 */
export function findNumbers(text: string): Found[] {
  const found: Found[] = [];
  for (const run of runsOf(text)) {
    for (let first = 0; first < run.length;) {
      const number = longestFrom(text, run, first);
      if (number === undefined) first += 1;
      else {
        found.push(number.found);
        first = number.next;
      }
    }
  }
  return found;
}

/** The longest number that begins with a group, and the first group after it. */
function longestFrom(
  text: string,
  run: readonly Group[],
  first: number,
): { readonly found: Found; readonly next: number } | undefined {
  let longest: { readonly found: Found; readonly next: number } | undefined;
  let digits = '';
  const start = run[first];
  for (let last = first; start !== undefined && last < run.length; last += 1) {
    const group = run[last];
    // A plus begins another number.
    if (group === undefined || (last > first && group.hasPlus)) break;
    if (digits.length + group.end - group.start > MAX_DIGITS) break;
    digits += text.slice(group.start, group.end);
    if (digits.length < MIN_DIGITS) continue;
    const kind = kindOfNumber(digits, start.hasPlus);
    if (kind === undefined || !standsAlone(text, kind, start, group)) continue;
    const from = start.hasPlus ? start.start - 1 : start.start;
    longest = { found: { kind, start: from, end: group.end, digits }, next: last + 1 };
  }
  return longest;
}

/** A phone has no check digit: next to a Latin letter it is more likely part of an id. */
function standsAlone(text: string, kind: Kind, first: Group, last: Group): boolean {
  if (kind !== 'phone') return true;
  return !LETTER.test(text[first.start - 1] ?? '') && !LETTER.test(text[last.end] ?? '');
}

/** Groups of digits that are close enough to be one number. */
function* runsOf(text: string): Generator<Group[]> {
  let run: Group[] = [];
  for (const { index, 0: digits } of text.matchAll(/\d+/g)) {
    const group = { start: index, end: index + digits.length, hasPlus: text[index - 1] === '+' };
    const before = run.at(-1);
    if (before !== undefined && !isGap(text, before.end, group.hasPlus ? index - 1 : index)) {
      yield run;
      run = [];
    }
    run.push(group);
  }
  if (run.length > 0) yield run;
}

function isGap(text: string, from: number, to: number): boolean {
  if (to - from > MAX_SEPARATORS) return false;
  for (let index = from; index < to; index += 1) if (!SEPARATOR.test(text[index] ?? '')) return false;
  return true;
}
