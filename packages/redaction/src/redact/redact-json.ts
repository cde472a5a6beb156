import { MAX_DIGITS, mayBeCard } from '../find/number-kinds.ts';
import { isNothingElse, redactText, type RedactionMode } from './redact-text.ts';

/** A JSON number that is kept as its digits, because a JavaScript number would round it. */
export interface NumberInDigits {
  readonly digits: string;
  /** Without an exponent; as it is where that takes more zeros than these. */
  writtenOut(maxZeros: number): string;
}

/** A JSON value. */
export type Json =
  string | number | NumberInDigits | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A value without personal data, and the number of finds in its keys and values. */
export interface RedactedJson {
  /** `undefined` if nothing is left of it. */
  readonly value: Json | undefined;
  readonly count: number;
}

/**
 * Removes personal data from a JSON value: from keys and values, at any depth, numbers included. With `drop`,
 * a field or an item that was nothing else is removed.
 */
export function redactJson(value: Json, mode: RedactionMode): RedactedJson {
  if (mode === 'none') return { value, count: 0 };
  let count = 0;

  const redact = (node: Json): Json | undefined => {
    if (typeof node === 'string') return redactLeaf(node, node);
    if (typeof node === 'number')
      return isRounded(node) ? redactRounded(node) : redactLeaf(node, String(node));
    if (node === null || typeof node === 'boolean') return node;
    // Digits beside so many zeros are a part of a longer number than any that is looked for.
    if (isInDigits(node)) return redactLeaf(node, node.writtenOut(MAX_DIGITS));
    if (isList(node)) return node.map(redact).filter((item) => item !== undefined);
    return redactObject(node);
  };

  const redactLeaf = (leaf: string | number | NumberInDigits, text: string): Json | undefined => {
    const redacted = redactText(text, mode);
    count += redacted.count;
    if (redacted.count === 0) return leaf;
    return mode === 'drop' && isNothingElse(text) ? undefined : redacted.text;
  };

  const redactRounded = (number: number): Json | undefined => {
    const size = Math.abs(number);
    if (size >= 10 ** MAX_DIGITS || !mayBeCard(BigInt(size).toString()))
      return redactLeaf(number, String(number));
    count += 1;
    return mode === 'drop' ? undefined : '[card]';
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

/** Two keys that are equal after redaction stay two. */
function numbered(fields: readonly [string, Json][]): [string, Json][] {
  const seen = new Map<string, number>();
  return fields.map(([name, value]) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return [times === 1 ? name : `${name} (${times})`, value];
  });
}

/** Some of its digits may be rounded, so that a check digit proves nothing. */
function isRounded(number: number): boolean {
  return Number.isInteger(number) && !Number.isSafeInteger(number);
}

/** JSON never contains a function. */
function isInDigits(node: Json): node is NumberInDigits {
  return (
    typeof node === 'object' && node !== null && 'writtenOut' in node && typeof node.writtenOut === 'function'
  );
}

function isList(node: Json): node is readonly Json[] {
  return Array.isArray(node);
}
