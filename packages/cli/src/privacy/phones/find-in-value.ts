import type { JsonValue } from '@turnlog/call-events';
import type { Finding, PhoneMatcher } from './phone-matcher.ts';

/** Searches a number in all of a JSON value: texts, names of fields, and numbers. */
export function findInValue(value: unknown, matcher: PhoneMatcher): Finding {
  let finding: Finding = 'none';
  for (const text of textsIn(value)) {
    const found = matcher(String(text));
    if (found === 'certain') return 'certain';
    // A count or a time that happens to contain the digits is not a phone.
    if (found === 'ambiguous' && typeof text === 'string') finding = 'ambiguous';
  }
  return finding;
}

/** Every text in a JSON value, the names of fields, and every number. */
export function* textsIn(value: unknown): Generator<string | number> {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string' || typeof next === 'number') yield next;
    else if (Array.isArray(next)) waiting.push(...(next as JsonValue[]));
    else if (typeof next === 'object' && next !== null) {
      for (const [name, field] of Object.entries(next)) waiting.push(name, field);
    }
  }
}

/** The parsed JSON; the text itself if it is not JSON. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
