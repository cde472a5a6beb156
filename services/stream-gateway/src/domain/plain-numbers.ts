import { canonicalNumber, ExactNumber, type JsonValue } from '@turnlog/call-events';

type Fields = Readonly<Record<string, JsonValue>>;

/** A message whose own fields have numbers that JavaScript can hold, or the fields that have others. */
export type PlainNumbers =
  { readonly ok: true; readonly message: Fields } | { readonly ok: false; readonly problem: string };

const IN_MESSAGE = ['timestamp', 'revision', 'durationMs', 'duration_ms'];
const IN_TURN = ['timestamp', 'startedAt', 'started_at', 'start', 'endedAt', 'ended_at', 'end', 'confidence'];
const IN_WORD = ['startMs', 'endMs', 'confidence'];

/**
 * A number in a field with a meaning becomes a number of JavaScript: `0.90` is `0.9`. One that would be changed is
 * refused. An id is text: all its digits are kept. Free fields, such as collected data, are left alone.
 */
export function plainNumbers(message: Fields): PlainNumbers {
  const problems: string[] = [];
  const plain = (fields: Fields, names: readonly string[], path: string): Fields => {
    const changed = names.flatMap((name): [string, JsonValue][] => {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (!(value instanceof ExactNumber)) return [];
      const number = numberOf(value);
      if (number !== undefined) return [[name, number]];
      problems.push(path + name);
      return [];
    });
    return changed.length === 0 ? fields : { ...fields, ...Object.fromEntries(changed) };
  };

  const own = { ...plain(message, IN_MESSAGE, ''), ...idOf(message) };
  const { turn } = own;
  const result = isFields(turn) ? { ...own, turn: plainTurn(turn, plain) } : own;
  if (problems.length === 0) return { ok: true, message: result };
  const problem = `${problems.slice(0, 5).join(', ')}: the number has more digits than can be kept here; round it`;
  return { ok: false, problem };
}

type Plain = (fields: Fields, names: readonly string[], path: string) => Fields;

function plainTurn(turn: Fields, plain: Plain): JsonValue {
  const own = plain(turn, IN_TURN, 'turn.');
  const { words } = own;
  if (!Array.isArray(words)) return own;
  const spoken = words.map((word, index) =>
    isFields(word) ? plain(word, IN_WORD, `turn.words.${index}.`) : word,
  );
  return { ...own, words: spoken as JsonValue[] };
}

/** The same number, if JavaScript can hold it. */
function numberOf({ digits }: ExactNumber): number | undefined {
  const number = Number(digits);
  if (!Number.isFinite(number) || canonicalNumber(String(number)) !== canonicalNumber(digits))
    return undefined;
  return number === 0 ? 0 : number;
}

/** A whole number as an id: `1.0` is the id `1`, as `1` is; a longer one keeps its digits. */
function idOf({ id }: Fields): Fields {
  if (!(id instanceof ExactNumber)) return {};
  if (/^-?[1-9]\d*$/.test(id.digits)) return { id: id.digits };
  return { id: numberOf(id) ?? id };
}

function isFields(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}
