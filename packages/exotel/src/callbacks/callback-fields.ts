import { cutText } from '../wire/cut-text.ts';
import { isObject } from '../wire/fields.ts';
import { tryReadJson } from '../wire/read-json.ts';
import { saysNothing } from '../wire/names-nothing.ts';

/** The fields of a callback or of an answer in any notation: flat, bracketed, as JSON or as XML. */
export interface CallbackFields {
  /**
   * The first of these fields that has a value: not empty, and none of the words for "nothing", such as
   * `null`. A field is named by its path, `stream.status` for `Stream[Status]`; case and `_`, `-` and spaces
   * in a name do not matter.
   */
  readonly get: (...names: readonly string[]) => string | undefined;
  /**
   * Every field by its path in the original notation, with its exact value; credentials in URLs are removed.
   */
  readonly raw: Readonly<Record<string, string>>;
}

/** A name and a value of a form or a query, or of the top of a JSON document. */
export type RawField = readonly [name: string, value: unknown];

const MAX_FIELDS = 256;
const MAX_DEPTH = 8;
/** For a value that is kept as one text. */
const MAX_DEPTH_OF_TEXT = 64;
const MAX_NAME_CHARACTERS = 128;
const MAX_RAW_CHARACTERS = 2_048;

/** A user's own text, even if it looks like JSON. */
const TEXTS = new Set(['customfield', 'call.customfield']);

/**
 * Reads fields; of two with the same name the first with a value takes precedence. `undefined` if there are
 * too many, or too deep ones.
 */
export function readFields(fields: Iterable<RawField>): CallbackFields | undefined {
  const found = new Map<string, string>();
  const raw = new Map<string, string>();

  /** False if there is too much. */
  const take = (path: readonly string[], value: unknown): boolean => {
    if (value === undefined || value === null || value === '') return true;
    if (path.length > MAX_DEPTH || raw.size >= MAX_FIELDS) return false;
    const parts = TEXTS.has(normalise(path.join('.'))) ? undefined : childrenOf(value);
    if (parts !== undefined) return parts.every(([name, part]) => take([...path, name], part));
    if (isDeeperThan(MAX_DEPTH_OF_TEXT, value)) return false;
    const text = textOf(value);
    const name = cutText(path.join('.'), MAX_NAME_CHARACTERS);
    const key = normalise(name);
    if (text === undefined || text === '') return true;
    const before = found.get(key);
    if (before !== undefined && (!saysNothing(before) || saysNothing(text))) return true;
    found.set(key, text);
    raw.set(name, cutText(withoutUrlSecrets(key, text), MAX_RAW_CHARACTERS));
    return true;
  };

  for (const [name, value] of fields) if (!take(pathOf(name), value)) return undefined;
  return {
    get: (...names) => {
      for (const name of names) {
        const value = found.get(normalise(name));
        if (value !== undefined && !saysNothing(value)) return value;
      }
      return undefined;
    },
    raw: Object.fromEntries(raw),
  };
}

/** `Legs[0][Status]` is the path Legs, 0, Status. */
function pathOf(name: string): string[] {
  const [, head = name, brackets = ''] = /^([^[\]]*)((?:\[[^[\]]*\])+)$/.exec(name) ?? [];
  return [head, ...brackets.split(/[[\]]+/).filter((part) => part !== '')];
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/[_\-\s]/g, '');
}

/** The parts of a compound value. Exotel also sends objects as their JSON text, `Stream={…}`. */
function childrenOf(value: unknown): RawField[] | undefined {
  const read = typeof value === 'string' && /^\s*[{[]/.test(value) ? tryReadJson(value) : value;
  return isObject(read) || Array.isArray(read) ? Object.entries(read) : undefined;
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (!isObject(value) && !Array.isArray(value)) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeperThan(levels - 1, part));
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : undefined;
}

const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i;

/**
 * The storable form of a value: a URL loses its user and password, and the URL of our own stream, which
 * Exotel repeats with all its parameters, its query as well.
 */
function withoutUrlSecrets(normalisedName: string, value: string): string {
  const anonymous = value.replace(USER_INFO, '$1');
  return normalisedName.endsWith('streamurl') ? (anonymous.split(/[?#]/, 1)[0] ?? '') : anonymous;
}
