import { nanoid } from 'nanoid';
import { readDecimal } from './decimal.ts';

/** No text of a call holds it: it is made anew in every process, and never leaves it. */
export const NUMBER_MARK = `number:${nanoid()}:`;

let isWriting = false;
let hasWrittenOne = false;

/** Runs `write`, for which exact numbers are marked texts; tells whether there was one. */
export function withMarkedNumbers(write: () => string): {
  readonly text: string;
  readonly hasExactNumber: boolean;
} {
  isWriting = true;
  hasWrittenOne = false;
  try {
    return { text: write(), hasExactNumber: hasWrittenOne };
  } finally {
    isWriting = false;
  }
}

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
    hasWrittenOne = true;
    return NUMBER_MARK + this.digits;
  }
}
