import type { JsonValue } from './json.ts';

/** The deepest nesting of arrays and objects that Turnlog takes in a message. */
export const MAX_JSON_DEPTH = 64;

/** A JSON value that Postgres can hold, and how many strings had to be changed for it. */
export interface Storable {
  readonly value: JsonValue;
  readonly changedStrings: number;
}

/**
 * Makes every string of a JSON value storable, keys included: NUL and lone surrogates, which Postgres refuses in
 * `text` and `jsonb`, become U+FFFD. Everything else is kept to the letter. `undefined` when nested deeper than
 * {@link MAX_JSON_DEPTH}.
 */
export function toStorable(value: JsonValue): Storable | undefined {
  let changedStrings = 0;
  let deepest = 0;

  const text = (raw: string): string => {
    const storable = toStorableText(raw);
    if (storable !== raw) changedStrings += 1;
    return storable;
  };
  const walk = (node: JsonValue, depth: number): JsonValue => {
    if (typeof node === 'string') return text(node);
    if (typeof node !== 'object' || node === null) return node;
    deepest = Math.max(deepest, depth);
    if (depth > MAX_JSON_DEPTH) return null;
    if (Array.isArray(node)) return node.map((item) => walk(item, depth + 1));
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [text(key), walk(item, depth + 1)]));
  };

  const storable = walk(value, 1);
  return deepest > MAX_JSON_DEPTH ? undefined : { value: storable, changedStrings };
}

/** One string, with NUL and lone surrogates replaced by U+FFFD. */
export function toStorableText(raw: string): string {
  return raw.toWellFormed().replaceAll('\0', '\uFFFD');
}
