/**
 * U+001E, the record separator of JSON text sequences (RFC 7464): no JSON text can contain it as such. Joined by it, a
 * column of JSON texts is one plain parameter; as a Postgres array, each quote in it would have to be escaped, which
 * costs more than everything else that is done to a row.
 */
const SEPARATOR = '\x1e';
const SEPARATOR_BYTE = Buffer.from(SEPARATOR);

/** What stands before the items of the first array, between those of two, and behind those of the last. */
const FIRST = Buffer.from('[');
const NEXT = Buffer.from(`]${SEPARATOR}[`);
const LAST = Buffer.from(']');

/** The parameter of a column of JSON texts. */
export function joinJson(texts: readonly string[]): string {
  return texts.join(SEPARATOR);
}

/** The same of texts in UTF-8. */
export function joinJsonBytes(texts: readonly Buffer[]): Buffer {
  return Buffer.concat(texts.flatMap((text, index) => (index === 0 ? [text] : [SEPARATOR_BYTE, text])));
}

/**
 * The parameter of a column of JSON arrays, each given by the texts of its items, or by these in UTF-8, joined by commas.
 * As bytes, what came as such is copied and not encoded again.
 */
export function joinJsonArrays(arrays: readonly (readonly string[] | Buffer)[]): Buffer {
  const pieces: Buffer[] = [];
  for (const items of arrays) {
    pieces.push(
      pieces.length === 0 ? FIRST : NEXT,
      Buffer.isBuffer(items) ? items : Buffer.from(items.join(',')),
    );
  }
  if (pieces.length > 0) pieces.push(LAST);
  return Buffer.concat(pieces);
}

/** The SQL that makes an array again of a parameter made by one of the above. */
export function jsonListSql(parameter: number, type: 'json' | 'jsonb'): string {
  return `string_to_array($${parameter}::text, e'\\x1e')::${type}[]`;
}
