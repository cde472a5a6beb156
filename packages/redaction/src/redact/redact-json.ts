import { isNothingElse, redactText } from './redact-text.ts';
import { type RedactionMode } from './mode.ts';

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A value without personal data, and how many finds there were in its keys and values. */
export interface RedactedJson {
  /** `undefined` when nothing is left of it. */
  readonly value: Json | undefined;
  readonly count: number;
}

/**
 * Takes personal data out of a JSON value: out of keys and values, at any depth, numbers included. With `drop`, a field or
 * an item that was nothing else is gone.
 */
export function redactJson(value: Json, mode: RedactionMode): RedactedJson {
  if (mode === 'none') return { value, count: 0 };
  let count = 0;

  const redact = (node: Json): Json | undefined => {
    if (typeof node === 'string' || typeof node === 'number') return redactLeaf(node);
    if (node === null || typeof node === 'boolean') return node;
    if (isList(node)) return node.map(redact).filter((item) => item !== undefined);
    return redactObject(node);
  };

  const redactLeaf = (leaf: string | number): Json | undefined => {
    const redacted = redactText(String(leaf), mode);
    count += redacted.count;
    if (redacted.count === 0) return leaf;
    return mode === 'drop' && isNothingElse(String(leaf)) ? undefined : redacted.text;
  };

  const redactObject = (object: Readonly<Record<string, Json>>): Json => {
    const fields = Object.entries(object).flatMap(([key, item]): [string, Json][] => {
      const name = redactText(key, mode);
      count += name.count;
      const left = redact(item);
      const isDropped = left === undefined || (mode === 'drop' && isNothingElse(key));
      return isDropped ? [] : [[name.text, left]];
    });
    return Object.fromEntries(numbered(fields));
  };

  const left = redact(value);
  return { value: left, count };
}

/** Two keys that look the same once they are redacted stay two. */
function numbered(fields: readonly [string, Json][]): [string, Json][] {
  const seen = new Map<string, number>();
  return fields.map(([name, value]) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return [times === 1 ? name : `${name} (${times})`, value];
  });
}

function isList(node: Json): node is readonly Json[] {
  return Array.isArray(node);
}
