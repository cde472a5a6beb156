/**
 * A text without its variants: digits of every script as 0 to 9, full-width letters as ASCII, and no
 * invisible characters. `starts` maps it to the original text: character `i` is there from `starts[i]` to
 * before `starts[i + 1]`.
 */
interface PlainText {
  readonly characters: string;
  readonly starts: Uint32Array;
}

// Invisible to a reader: joiners, soft hyphens, direction marks, variation selectors, the replacement of a NUL.
const INVISIBLE =
  /\u00AD|\u034F|\u061C|\u180E|[\u200B-\u200F]|[\u202A-\u202E]|[\u2060-\u206F]|[\uFE00-\uFE0F]|\uFEFF|\uFFFD/;
const FULL_WIDTH = { first: 0xff01, last: 0xff5e, offset: 0xfee0 };
const ASCII_END = 0x80;

/** Takes time in proportion to the length of the text. */
export function toPlainText(text: string): PlainText {
  const characters: string[] = [];
  const starts = new Uint32Array(text.length + 1);
  for (let index = 0; index < text.length;) {
    const code = text.codePointAt(index) ?? 0;
    const size = code > 0xffff ? 2 : 1;
    const plain = toPlain(code, text[index] ?? '');
    if (plain !== '') {
      starts[characters.length] = index;
      characters.push(plain);
    }
    index += size;
  }
  starts[characters.length] = text.length;
  return { characters: characters.join(''), starts: starts.subarray(0, characters.length + 1) };
}

/** One UTF-16 unit, or none for an invisible character. */
function toPlain(code: number, unit: string): string {
  if (code < ASCII_END) return unit;
  if (INVISIBLE.test(unit)) return '';
  if (code >= FULL_WIDTH.first && code <= FULL_WIDTH.last)
    return String.fromCharCode(code - FULL_WIDTH.offset);
  const digit = digitOf(code);
  if (digit !== undefined) return String(digit);
  // Outside of the first plane nothing else matters here; half a pair would look like another character.
  return code > 0xffff ? '\u2400' : unit;
}

const digits = new Map<number, number | undefined>();
const MAX_REMEMBERED = 4096;

/** Unicode keeps the decimal digits of a script together and in order: the distance to the first is the value. */
function digitOf(code: number): number | undefined {
  if (digits.has(code)) return digits.get(code);
  let digit: number | undefined;
  if (isDigit(code)) {
    let first = code;
    while (isDigit(first - 1)) first -= 1;
    // Mathematical digits: five alphabets of ten without a gap.
    digit = (code - first) % 10;
  }
  if (digits.size < MAX_REMEMBERED) digits.set(code, digit);
  return digit;
}

function isDigit(code: number): boolean {
  return /^\p{Nd}$/u.test(String.fromCodePoint(code));
}
