import type { z } from 'zod';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings, or every problem with them, each `NAME: expected …, got …`. */
export type ConfigResult<C> = { ok: true; config: C } | { ok: false; problems: string[] };

/**
 * Reads the settings that a zod object names, `z.object({ PORT: port.default(8080) })`. Values are trimmed, and an
 * empty one is taken as not set. A wrong value is a problem, never a default. Variables the schema doesn't name are
 * ignored.
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  env: Environment = process.env,
): ConfigResult<z.infer<S>> {
  const result = schema.safeParse(setValues(Object.keys(schema.shape), env));
  if (result.success) return { ok: true, config: result.data };
  return { ok: false, problems: result.error.issues.map(describeIssue) };
}

function setValues(names: string[], env: Environment): Record<string, string> {
  const trimmed = names.map((name) => [name, (env[name] ?? '').trim()] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
}

function describeIssue({ path, message }: { path: PropertyKey[]; message: string }): string {
  const name = path.map(String).join('.');
  return name === '' ? message : `${name}: ${message}`;
}
