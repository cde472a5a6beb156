import { MAX_NUMBER_DIGITS, readDecimal } from '../numbers/decimal.ts';
import { ExactNumber } from '../numbers/exact-number.ts';
import type { JsonValue } from './json.ts';

/** The deepest nesting of arrays and objects that Turnlog takes in a message. */
export const MAX_JSON_DEPTH = 64;

/** A JSON value that Postgres can hold, and what was seen of it on the way. */
export interface Storable {
  readonly value: JsonValue;
  /** How many strings had to be changed. */
  readonly changedStrings: number;
  /** How many fields its objects have, at all depths. */
  readonly fields: number;
  /** Whether a number in it is too long to be kept: see `MAX_NUMBER_DIGITS`. */
  readonly hasTooLongNumber: boolean;
}

/**
 * Makes every string of a JSON value storable, keys included: NUL and lone surrogates, which Postgres refuses in
 * `text` and `jsonb`, become U+FFFD. Everything else is kept to the letter. `undefined` when nested deeper than
 * {@link MAX_JSON_DEPTH}.
 */
export function toStorable(value: JsonValue): Storable | undefined {
  let changedStrings = 0;
  let fields = 0;
  let hasTooLongNumber = false;
  let deepest = 0;

  const text = (raw: string): string => {
    const storable = toStorableText(raw);
    if (storable !== raw) changedStrings += 1;
    return storable;
  };
  const walk = (node: JsonValue, depth: number): JsonValue => {
    if (typeof node === 'string') return text(node);
    if (typeof node !== 'object' || node === null) return node;
    if (node instanceof ExactNumber) {
      if (readDecimal(node.digits).writtenOutDigits > MAX_NUMBER_DIGITS) hasTooLongNumber = true;
      return node;
    }
    deepest = Math.max(deepest, depth);
    if (depth > MAX_JSON_DEPTH) return null;
    if (Array.isArray(node)) return node.map((item) => walk(item, depth + 1));
    const entries = Object.entries(node);
    fields += entries.length;
    return Object.fromEntries(distinct(entries.map(([key, item]) => [text(key), walk(item, depth + 1)])));
  };

  const storable = walk(value, 1);
  if (deepest > MAX_JSON_DEPTH) return undefined;
  return { value: storable, changedStrings, fields, hasTooLongNumber };
}

/** Two keys that were made the same stay two. */
function distinct(entries: [string, JsonValue][]): [string, JsonValue][] {
  const names = new Set(entries.map(([name]) => name));
  if (names.size === entries.length) return entries;
  const taken = new Set<string>();
  return entries.map(([name, value]) => {
    let own = name;
    while (taken.has(own) || (own !== name && names.has(own))) own += '\uFFFD';
    taken.add(own);
    return [own, value];
  });
}

/** One string, with NUL and lone surrogates replaced by U+FFFD. */
export function toStorableText(raw: string): string {
  return raw.toWellFormed().replaceAll('\0', '\uFFFD');
}
