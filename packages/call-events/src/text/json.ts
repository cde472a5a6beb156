import { z } from 'zod';
import { ExactNumber } from '../numbers/exact-number.ts';

/** Any JSON value. */
export type JsonValue =
  string | number | ExactNumber | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A JSON value. It is not walked: what reaches a schema here has come out of `parseJson`. */
export const jsonValue = z
  .unknown()
  .refine((value) => value !== undefined, 'a JSON value is missing') as z.ZodType<JsonValue, JsonValue>;

/**
 * A JSON object with any keys. Nor is it walked: a `z.record` would leave out a key that is called `__proto__`, which out
 * of `JSON.parse` is a key like any other.
 */
export const jsonObject = z
  .unknown()
  .refine(isObject, 'expected an object')
  .meta({ type: 'object' }) as unknown as z.ZodType<Record<string, JsonValue>, Record<string, JsonValue>>;

function isObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}
