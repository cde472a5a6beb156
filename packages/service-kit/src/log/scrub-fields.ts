import { kindOfField, type FieldKind } from './allowed-fields.ts';
import { describeError, isError } from './describe-error.ts';
import { phoneTag } from './phone-tag.ts';
import { scrubSentence, scrubText } from './scrub-text.ts';

const REMOVED = '[removed]';
const MAX_DEPTH = 4;
const MAX_ITEMS = 100;
const MAX_SENTENCE_CHARACTERS = 1000;

const ID_PATTERN = /^[\w.:/@=~*#-]{1,200}$/;
/** Also a SQLSTATE, such as 23505. */
const WORD_PATTERN = /^(?:[a-z][\w.:-]{0,63}|[0-9][0-9A-Z]{4})$/i;
const NAME_PATTERN = /^[\p{L}_][\p{L}\p{M}\p{N}_.-]{0,63}$/u;
const FIELD_PATTERN = /^[\w.-]{1,64}$/;
const MOMENT_PATTERN = /^\d[\dTZ:.+-]{3,34}$/;

/** Numbers from here on may be phones where a position or a count is meant (`from: 1, to: 20`). */
const MIN_PHONE = 1e6;

/** The fields of a log line that may be in one: see `allowed-fields.ts`. Of other fields only the names are kept. */
export function scrubFields(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  const scrubbed: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const { shown, kind } = fieldNamed(name);
    scrubbed.push([shown, scrubField(kind, value, depth)]);
  }
  return Object.fromEntries(scrubbed);
}

/** An argument of a log message: only a figure is known to be safe. */
export function scrubArgument(value: unknown): unknown {
  return isFigure(value) && !isPhoneLike(value) ? value : isError(value) ? describeError(value) : REMOVED;
}

function scrubField(kind: FieldKind | undefined, value: unknown, depth: number): unknown {
  if (isError(value)) return describeError(value);
  if (kind === undefined) return REMOVED;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => scrubValue(kind, item, depth));
  return scrubValue(kind, value, depth);
}

function scrubValue(kind: FieldKind, value: unknown, depth: number): unknown {
  if (isError(value)) return describeError(value);
  if (kind === 'phone') return scrubPhone(value);
  // A flag, a count or an unknown is not personal data, under a name that is allowed.
  if (isFigure(value)) return value;
  if (kind === 'moment' && value instanceof Date) return value;
  if (kind === 'group') return scrubGroup(value, depth);
  if (kind === 'counts') return scrubCounts(value);
  return typeof value === 'string' ? scrubString(kind, value) : REMOVED;
}

function scrubString(kind: FieldKind, value: string): string {
  switch (kind) {
    case 'id':
      return onlyIf(ID_PATTERN, scrubText(value));
    case 'word':
      return onlyIf(WORD_PATTERN, value);
    case 'names':
      return onlyIf(NAME_PATTERN, value);
    case 'moment':
      return onlyIf(MOMENT_PATTERN, value);
    case 'sentence':
      return scrubSentence(value).slice(0, MAX_SENTENCE_CHARACTERS);
    case 'phone':
      return phoneTag(value);
    case 'figure':
    case 'group':
    case 'counts':
      return REMOVED;
  }
}

function scrubGroup(value: unknown, depth: number): unknown {
  if (!isPlainObject(value)) return REMOVED;
  return depth >= MAX_DEPTH ? '[too deep]' : scrubFields(value, depth + 1);
}

function scrubCounts(value: unknown): unknown {
  if (!isPlainObject(value)) return REMOVED;
  const counts = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    counts.filter(([word, count]) => WORD_PATTERN.test(word) && typeof count === 'number'),
  );
}

function scrubPhone(value: unknown): unknown {
  if (isFigure(value) && !isPhoneLike(value)) return value;
  return typeof value === 'string' || typeof value === 'number' ? phoneTag(String(value)) : REMOVED;
}

function isFigure(value: unknown): value is number | boolean | null {
  return typeof value === 'number' || typeof value === 'boolean' || value === null;
}

function isPhoneLike(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) >= MIN_PHONE;
}

function onlyIf(pattern: RegExp, text: string): string {
  return pattern.test(text) ? text : REMOVED;
}

interface FieldName {
  /** A value as a line may show it. */
  readonly shown: string;
  readonly kind: FieldKind | undefined;
}

const MAX_KNOWN_NAMES = 1_000;
const knownNames = new Map<string, FieldName>();

/** Names are constants of the code, so they are few, and each is checked once. One that is not a usual name is not trusted. */
function fieldNamed(name: string): FieldName {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const looked = { shown: onlyIf(FIELD_PATTERN, scrubText(name)), kind: kindOfField(name) };
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.set(name, looked);
  return looked;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
