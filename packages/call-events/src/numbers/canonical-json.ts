import { canonicalNumber } from './decimal.ts';
import { ExactNumber } from './exact-number.ts';

/** One text for all values that mean the same, whatever the order of their fields and the spelling of their numbers. */
export function canonicalJson(value: unknown): string {
  if (value instanceof ExactNumber) return canonicalNumber(value.digits);
  if (typeof value === 'number') return canonicalNumber(String(value));
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const inOrder = fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${inOrder.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
}
