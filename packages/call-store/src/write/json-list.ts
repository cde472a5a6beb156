/**
 * U+001E, the record separator of JSON text sequences (RFC 7464): no JSON text can contain it as such. Joined by it, a
 * column of JSON texts is one plain parameter; as a Postgres array, each quote in it would have to be escaped, which
 * costs more than everything else that is done to a row.
 */
const SEPARATOR = '\x1e';

/** The parameter of a column of JSON texts. */
export function joinJson(texts: readonly string[]): string {
  return texts.join(SEPARATOR);
}

/** The parameter of a column of JSON arrays, each given by the texts of its items. All of it is copied once. */
export function joinJsonArrays(arrays: readonly (readonly string[])[]): string {
  const pieces: string[] = [];
  for (const items of arrays) {
    if (pieces.length > 0) pieces.push(SEPARATOR);
    pieces.push('[');
    for (const [index, item] of items.entries()) {
      if (index > 0) pieces.push(',');
      pieces.push(item);
    }
    pieces.push(']');
  }
  return pieces.join('');
}

/** The SQL that makes an array again of a parameter made by {@link joinJson} or {@link joinJsonArrays}. */
export function jsonListSql(parameter: number, type: 'json' | 'jsonb'): string {
  return `string_to_array($${parameter}::text, e'\\x1e')::${type}[]`;
}
