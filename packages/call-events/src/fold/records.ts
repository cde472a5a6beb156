/**
 * A copy of a record whose names come out of a call: without a prototype, so that `__proto__` is a name like any other,
 * and so that the engine does not make a new shape of objects for each name.
 */
export function copyByName<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, record);
}

/** Fields of which none is undefined. */
export type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The fields that are not undefined. */
export function definedOnly<T extends object>(fields: T): Defined<T> {
  const defined: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) defined[name] = fields[name];
  return defined as object as Defined<T>;
}
