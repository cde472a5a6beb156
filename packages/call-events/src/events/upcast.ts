/** Makes of an event, as JSON, what the next version of the envelope would have been written as. Pure; never throws. */
export type Upcaster = (event: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/**
 * From each version to the next: `upcasters[1]` reads what version 1 wrote, for version 2. Version 1 is the first there
 * is, so nothing stands here yet. What does is never taken out: archives are kept for years.
 */
export const upcasters: Readonly<Record<number, Upcaster>> = {};

/** Which version an event is brought to, and by which steps. */
export interface UpcastOptions {
  readonly to: number;
  readonly steps: Readonly<Record<number, Upcaster>>;
}

/** Converts an event of an older version to version `to`, step by step. Any other value is returned unchanged. */
export function upcast(json: unknown, { to, steps }: UpcastOptions): unknown {
  const version = versionOf(json);
  const step = version !== undefined && version < to ? steps[version] : undefined;
  if (version === undefined || step === undefined) return json;
  return upcast({ ...step(json as Record<string, unknown>), v: version + 1 }, { to, steps });
}

/** The version of an event; undefined if it has none. */
export function versionOf(json: unknown): number | undefined {
  if (typeof json !== 'object' || json === null || !('v' in json)) return undefined;
  return Number.isSafeInteger(json.v) ? Number(json.v) : undefined;
}
