import { isObject } from '../wire/fields.ts';
import { readJson } from '../wire/read-json.ts';
import { readMultipart } from './read-multipart.ts';
import { readFields, type CallbackFields, type RawField } from './callback-fields.ts';

/** A callback as it came over HTTP. */
export interface CallbackRequest {
  /** Of the URL, with or without its question mark. */
  readonly query: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** Why a request is not a callback. */
export type CallbackProblem = 'not_json' | 'not_a_form' | 'too_many_fields';

/** The fields of a callback, or why it has none. */
export type ParsedCallback =
  | { readonly ok: true; readonly fields: CallbackFields }
  | { readonly ok: false; readonly problem: CallbackProblem };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the fields of a callback: JSON, `multipart/form-data` or urlencoded, and the query of its URL. The
 * body takes precedence. Never throws.
 */
export async function parseCallback(request: CallbackRequest): Promise<ParsedCallback> {
  const { query, contentType = '', body } = request;
  if (body.length === 0 || !/^multipart\/form-data\b/i.test(contentType)) return parsePlainCallback(request);
  return withQuery((await readMultipart(contentType, body)) ?? 'not_a_form', query);
}

/** {@link parseCallback} for JSON and urlencoded bodies. */
export function parsePlainCallback({ query, contentType = '', body }: CallbackRequest): ParsedCallback {
  return withQuery(plainFields(contentType, body), query);
}

function withQuery(inBody: Iterable<RawField> | CallbackProblem, query: string): ParsedCallback {
  if (typeof inBody === 'string') return { ok: false, problem: inBody };
  const fields = readFields([...inBody, ...new URLSearchParams(query)]);
  return fields === undefined ? { ok: false, problem: 'too_many_fields' } : { ok: true, fields };
}

function plainFields(contentType: string, body: Buffer): Iterable<RawField> | CallbackProblem {
  if (body.length === 0) return [];
  // Some senders of JSON call it a form, and some senders of forms have no content type.
  const looksLikeJson = body.subarray(0, 64).toString('latin1').trimStart().startsWith('{');
  if (looksLikeJson || /\bjson\b/i.test(contentType)) return jsonFields(body);
  return new URLSearchParams(body.toString('utf8'));
}

function jsonFields(body: Buffer): RawField[] | CallbackProblem {
  try {
    const json = readJson(utf8.decode(body));
    return isObject(json) ? Object.entries(json) : 'not_json';
  } catch {
    return 'not_json';
  }
}
