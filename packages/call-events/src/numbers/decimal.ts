/** The most digits that a number of a call may have when it is written out: jsonb holds more, a reader's screen does not. */
export const MAX_NUMBER_DIGITS = 1_000;

const JSON_NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Reads the text of a JSON number digit by digit: `digits` times ten to the power of `exponent`. */
export function readDecimal(text: string) {
  const [, minus = '', whole = '0', fraction = '', power = '0'] = JSON_NUMBER.exec(text) ?? [];
  const exponent = Number(power) - fraction.length;
  const digits = whole + fraction;
  const before = Math.max(1, digits.length + exponent);
  const writtenOutDigits = before + Math.max(0, -exponent);
  return {
    isNegative: minus !== '',
    /** All digits as they were written, zeros included. */
    digits,
    exponent,
    /** How many digits it has without an exponent, before and after the point. */
    writtenOutDigits,
    /** Without an exponent; `undefined` when that takes more than `maxZeros` zeros that are not among its digits. */
    writtenOut: (maxZeros: number) =>
      writtenOutDigits - digits.length > maxZeros ? undefined : minus + withPoint(digits, exponent),
  };
}

/** The same text for all ways to write a number: `1.0`, `1` and `10e-1`, and `0` and `-0`. */
export function canonicalNumber(text: string): string {
  const { isNegative, digits, exponent } = readDecimal(text);
  const significant = digits.replace(/^0+/, '');
  const kept = withoutLastZeros(significant);
  if (kept === '') return '0';
  return `${isNegative ? '-' : ''}${kept}e${exponent + significant.length - kept.length}`;
}

function withPoint(digits: string, exponent: number): string {
  if (exponent >= 0) return trimmed(digits + '0'.repeat(exponent));
  const padded = digits.padStart(1 - exponent, '0');
  return `${trimmed(padded.slice(0, exponent))}.${padded.slice(exponent)}`;
}

/** Without zeros that nothing stands before. */
function trimmed(whole: string): string {
  return whole.replace(/^0+(?=\d)/, '');
}

// Not by a pattern: one that looks for zeros at the end starts again at every zero before it.
function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}
