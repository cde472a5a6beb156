import { nanoid } from 'nanoid';
import { readDecimal } from './decimal.ts';

/** A random text of this process, which no text of a call contains. */
export const NUMBER_MARK = `number:${nanoid()}:`;
const MARKED_NUMBER = new RegExp(`"${NUMBER_MARK}([^"]*)"`, 'g');

let isWriting = false;
let writtenNumbers = 0;

/**
 * A JSON number that a JavaScript number would not hold as it was written: more digits than a double has, an exponent, a
 * minus before zero. It keeps the digits to the letter.
 */
export class ExactNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }

  /** The number without an exponent, unless that would take more zeros than these: `1e-900` would take 900. */
  writtenOut(maxZeros: number): string {
    return readDecimal(this.digits).writtenOut(maxZeros) ?? this.digits;
  }

  toString(): string {
    return this.digits;
  }

  /** `stringifyJson` makes digits of it; to anything else it is a text, so that no digit is lost. */
  toJSON(): string {
    if (!isWriting) return this.digits;
    writtenNumbers += 1;
    return NUMBER_MARK + this.digits;
  }
}

/** `JSON.stringify`, but an `ExactNumber` becomes a JSON number with its digits. `indent` as `JSON.stringify` takes it. */
export function stringifyJson(value: unknown, indent?: number): string {
  return writeJson(value, indent).text;
}

/** {@link stringifyJson}, and whether the text has a number that `JSON.parse` would change. */
export function writeJson(value: unknown, indent?: number) {
  isWriting = true;
  const before = writtenNumbers;
  try {
    const text = JSON.stringify(value, undefined, indent);
    const hasExactNumber = writtenNumbers > before;
    return { text: hasExactNumber ? text.replace(MARKED_NUMBER, '$1') : text, hasExactNumber };
  } finally {
    isWriting = false;
  }
}
