import { type JsonValue } from '@turnlog/call-events';

type Fields = Readonly<Record<string, JsonValue>>;

/** Spellings of one field: the first one that is present takes precedence. */
const SPELLINGS = [
  ['startedAt', 'started_at', 'start'],
  ['endedAt', 'ended_at', 'end'],
  ['heardText', 'heard_text'],
  ['durationMs', 'duration_ms'],
  ['statementVersion', 'statement_version'],
];

/**
 * What a message, or a part of one, has beyond the fields with a meaning: unknown fields, and a spelling of
 * a field that another one outweighs and contradicts. `undefined` when there is nothing.
 */
export function beyondKnown(given: Fields, known: object, read: object): Fields | undefined {
  const unknown = Object.entries(given).filter(([name]) => !Object.hasOwn(known, name));
  const outweighed = SPELLINGS.flatMap((names) => outweighedOf(names, read)).map((name) => [
    name,
    given[name] ?? null,
  ]);
  const beyond = [...unknown, ...outweighed];
  return beyond.length === 0 ? undefined : (Object.fromEntries(beyond) as Fields);
}

function outweighedOf(names: readonly string[], read: object): string[] {
  const values = read as Readonly<Record<string, unknown>>;
  const given = names.filter((name) => values[name] !== undefined);
  const [counting = '', ...others] = given;
  return others.filter((name) => values[name] !== values[counting]);
}

/** The fields of both. Where both have a name, the outer field gets another one. */
export function joined(inner: Fields | undefined, outer: Fields | undefined): Fields | undefined {
  if (inner === undefined || outer === undefined) return inner ?? outer;
  const fields = new Map(Object.entries(inner));
  for (const [name, value] of Object.entries(outer)) fields.set(freeName(name, fields), value);
  return Object.fromEntries(fields);
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  return taken.has(name) ? freeName(`message.${name}`, taken) : name;
}
