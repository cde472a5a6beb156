import { ExactNumber, NUMBER_MARK } from './exact-number.ts';
import { type JsonValue } from '../text/json.ts';

/*
 * Where a number may stand that JavaScript would write otherwise: one of 16 characters or more, or with an exponent, with a
 * zero at the end of its fraction or six at its beginning, or a minus before zero. What looks like one in a string costs
 * time and changes nothing.
 */
const BEFORE = String.raw`(?:^|[:[, \t\n\r])`;
const LONG_OR_WITH_EXPONENT = String.raw`\d(?:[\d.]{15}|[\d.]*[eE])`;
const WITH_ZEROS = String.raw`0\.0{6}|\d+\.\d*0(?=[,\]} \t\n\r]|$)`;
const MINUS_ZERO = String.raw`-0(?=[,\]} \t\n\r]|$)`;
const MAY_HOLD_EXACT_NUMBER = new RegExp(
  `${BEFORE}(?:-?(?:${LONG_OR_WITH_EXPONENT}|${WITH_ZEROS})|${MINUS_ZERO})`,
);

/**
 * `JSON.parse`, but no number is changed: one that JavaScript would write otherwise than it was written is an
 * {@link ExactNumber}. Texts without such numbers cost a glance more than `JSON.parse`. Throws what `JSON.parse` throws.
 */
export function parseJson(text: string): JsonValue {
  return MAY_HOLD_EXACT_NUMBER.test(text) ? parseExactly(text) : (JSON.parse(text) as JsonValue);
}

/** {@link parseJson} of a text that is known to hold such a number. */
export function parseExactly(text: string): JsonValue {
  return JSON.parse(markNumbers(text), (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(NUMBER_MARK)
      ? new ExactNumber(value.slice(NUMBER_MARK.length))
      : value,
  ) as JsonValue;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.eE+-])/y;
const NUMBER_CHARACTERS = /[\d.eE+-]*/y;
const SPACE = /[ \t\n\r]*/y;

/** The text with each number that would be changed as a marked string. A text that is not JSON stays invalid. */
function markNumbers(text: string): string {
  const parts: string[] = [];
  let copiedTo = 0;
  for (let index = 0; index < text.length;) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (!isDigitOrMinus(code)) index += 1;
    else {
      const end = endOf(NUMBER_CHARACTERS, text, index);
      const number = text.slice(index, end);
      if (isChangedByParsing(number) && isValue(text, index, end)) {
        parts.push(text.slice(copiedTo, index), `"${NUMBER_MARK}${number}"`);
        copiedTo = end;
      }
      index = end;
    }
  }
  return [...parts, text.slice(copiedTo)].join('');
}

/** Whether a number of JSON stands there, and not the name of a field: `JSON.parse` refuses that only as a number. */
function isValue(text: string, start: number, end: number): boolean {
  return endOf(NUMBER, text, start) === end && text.charCodeAt(endOf(SPACE, text, end)) !== COLON;
}

function isChangedByParsing(number: string): boolean {
  return String(Number(number)) !== number;
}

function isDigitOrMinus(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d;
}

/** Behind the quote that closes a string, or behind the text. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let first = quote;
    while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((quote - first) % 2 === 0) return quote + 1;
  }
  return text.length;
}

function endOf(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}
