// A number that JavaScript would write differently: long, with an exponent, with trailing zeros, minus zero.
const MAY_BE_CHANGED = /(?:^|[:[,\s])-?(?:\d(?:[\d.]{15}|[\d.]*[eE])|0\.0{6}|\d+\.\d*0(?![\dZ])|0(?![\d.]))/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*(?!\s*:)/gs;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * `JSON.parse`, but a number that it would change is read as the text of its digits: ids, numbers and
 * parameters of a call are sometimes numbers, and two of 19 digits would become one.
 */
export function readJson(text: string): unknown {
  // Parsed in any case: a text that is not JSON would be searched again and again for the end of a quote.
  const value = JSON.parse(text) as unknown;
  return mayBeChanged(text) ? (JSON.parse(withDigitsAsText(text)) as unknown) : value;
}

/** {@link readJson} for a text that may be anything: `undefined` if it is not JSON. */
export function tryReadJson(text: string): unknown {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}

/** Whether {@link readJson} may return another value than `JSON.parse`. */
export function mayBeChanged(text: string): boolean {
  return MAY_BE_CHANGED.test(text);
}

function withDigitsAsText(json: string): string {
  return json.replace(STRING_OR_NUMBER, (token) => {
    const isKept = token.startsWith('"') || !NUMBER.test(token) || String(Number(token)) === token;
    return isKept ? token : `"${token}"`;
  });
}
