type DefinedOnly<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value. */
export function definedOnly<T extends object>(fields: T): DefinedOnly<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as DefinedOnly<T>;
}
