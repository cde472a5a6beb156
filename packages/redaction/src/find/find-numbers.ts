import { type Found, type Kind } from './found.ts';
import { kindOfNumber, MAX_DIGITS, MIN_DIGITS } from './number-kinds.ts';

/** Consecutive digits. */
interface Group {
  readonly start: number;
  readonly end: number;
  readonly hasPlus: boolean;
  /** How many digits of its run stand before it. */
  readonly digitsBefore: number;
}

/** Groups with little enough between them that they may be one number, and the digits of all of them. */
interface Run {
  readonly groups: readonly Group[];
  readonly digits: string;
}

// What people write between the digits of one number: spaces, dashes, dots, brackets, underscores, slashes.
const SEPARATOR = /[\p{Zs}\t\r\n\p{Pd}\u2212.·•()_/]/u;
const MAX_SEPARATORS = 3;
const LETTER = /[a-z]/i;

/** Cards, Aadhaar numbers and phones. They begin and end at groups of digits: never inside a longer number. */
export function findNumbers(text: string): Found[] {
  const found: Found[] = [];
  for (const run of runsOf(text)) {
    let end = 0;
    for (let first = 0; first < run.groups.length;) {
      end = endOfNumber(run.groups, first, end);
      const number = longestFrom(text, run, first, end);
      if (number === undefined) first += 1;
      else {
        found.push(number.found);
        first = number.next;
      }
    }
  }
  return found;
}

/** The longest number of the groups from `first` to before `end`, and the first group after it. */
function longestFrom(
  text: string,
  { groups, digits }: Run,
  first: number,
  end: number,
): { readonly found: Found; readonly next: number } | undefined {
  const start = groups[first];
  if (start === undefined) return undefined;
  const { digitsBefore, hasPlus } = start;
  for (let next = end; next > first; next -= 1) {
    const last = groups[next - 1] ?? start;
    const digitsTo = last.digitsBefore + last.end - last.start;
    if (digitsTo - digitsBefore < MIN_DIGITS) break;
    const number = digits.slice(digitsBefore, digitsTo);
    const kind = kindOfNumber(number, hasPlus);
    if (kind === undefined || !standsAlone(text, kind, start, last)) continue;
    const from = hasPlus ? start.start - 1 : start.start;
    return { found: { kind, start: from, end: last.end, digits: number }, next };
  }
  return undefined;
}

/**
 * The end of the most groups from `first` on that may be one number. `before` is the same of an earlier group, so that a
 * group is not counted again for each one before it. A plus begins another number.
 */
function endOfNumber(groups: readonly Group[], first: number, before: number): number {
  const mostDigits = (groups[first]?.digitsBefore ?? 0) + MAX_DIGITS;
  let end = Math.max(first, before);
  for (let group = groups[end]; group !== undefined; group = groups[end]) {
    const isOther = end > first && group.hasPlus;
    if (isOther || group.digitsBefore + group.end - group.start > mostDigits) break;
    end += 1;
  }
  return end;
}

/** A phone has no check digit: next to a Latin letter it is more likely part of an id. */
function standsAlone(text: string, kind: Kind, first: Group, last: Group): boolean {
  if (kind !== 'phone') return true;
  return !LETTER.test(text[first.start - 1] ?? '') && !LETTER.test(text[last.end] ?? '');
}

/** Groups of digits that are close enough to be one number. */
function* runsOf(text: string): Generator<Run> {
  let groups: Group[] = [];
  let digits = '';
  for (const { index, 0: own } of text.matchAll(/\d+/g)) {
    const hasPlus = text[index - 1] === '+';
    const before = groups.at(-1);
    if (before !== undefined && !isGap(text, before.end, hasPlus ? index - 1 : index)) {
      yield { groups, digits };
      [groups, digits] = [[], ''];
    }
    groups.push({ start: index, end: index + own.length, hasPlus, digitsBefore: digits.length });
    digits += own;
  }
  if (groups.length > 0) yield { groups, digits };
}

function isGap(text: string, from: number, to: number): boolean {
  if (to - from > MAX_SEPARATORS) return false;
  for (let index = from; index < to; index += 1) if (!SEPARATOR.test(text[index] ?? '')) return false;
  return true;
}
