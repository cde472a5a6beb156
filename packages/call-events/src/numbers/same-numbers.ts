import { type JsonValue } from '../text/json.ts';
import { canonicalNumber } from './decimal.ts';
import { ExactNumber } from './exact-number.ts';

/** The value with one spelling for each number, so that two which mean the same are equal: `1e3` is `1000`. For comparing. */
export function sameNumbers(value: JsonValue): JsonValue {
  if (typeof value === 'number') return new ExactNumber(canonicalNumber(String(value)));
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return new ExactNumber(canonicalNumber(value.digits));
  if (Array.isArray(value)) return value.map(sameNumbers);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, sameNumbers(item)]));
}
