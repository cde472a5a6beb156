import type { z } from 'zod';

/** The schemas of settings, each with its meaning in one sentence. docs/settings.md is made of them. */
export function described<S extends z.ZodRawShape>(shape: S, meanings: Readonly<Record<keyof S, string>>): S {
  const entries = Object.entries(shape).map(([name, schema]) => [name, describe(schema, meanings[name])]);
  return Object.fromEntries(entries) as S;
}

function describe(schema: z.core.$ZodType, meaning = ''): z.core.$ZodType {
  return (schema as z.ZodType).describe(meaning);
}
