import { z } from 'zod';

/** Anything that JSON can say. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** A JSON value. It is not walked: what reaches a schema here has come out of `JSON.parse`. */
export const jsonValue = z
  .unknown()
  .refine((value) => value !== undefined, 'a JSON value is missing') as z.ZodType<JsonValue, JsonValue>;

/** A JSON object with any keys. */
export const jsonObject = z.record(z.string(), jsonValue);
