/** The zeros of the scripts in which numbers are written: Arabic, Persian, nine of India, and full width. */
const ZEROS = [
  0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0xff10,
];
const foreignDigits = ZEROS.map((zero) => `${String.fromCharCode(zero)}-${String.fromCharCode(zero + 9)}`);

const FOREIGN_DIGIT = new RegExp(`[${foreignDigits.join('')}]`, 'g');

/** A text with each digit as 0 to 9, whatever the script; of the same length. */
export function toAsciiDigits(text: string): string {
  return text.replace(FOREIGN_DIGIT, (digit) => {
    const code = digit.charCodeAt(0);
    const zero = ZEROS.find((each) => code >= each && code <= each + 9) ?? code;
    return String(code - zero);
  });
}

/** What may be between two digits of a number: neither letters nor digits, and not much of it. */
const SEPARATOR = String.raw`[^\p{L}\p{N}]{0,6}`;

/** Finds these digits in a result of {@link toAsciiDigits}, however they are grouped. */
export function groupedDigits(digits: string): RegExp {
  return new RegExp(Array.from(digits).join(SEPARATOR), 'gu');
}

/**
 * For Postgres: matches every JSON text in which {@link groupedDigits} finds these digits, and few others. A
 * JSON string ends at its quote; a line break is two characters there, and an encoded space three.
 */
export function postgresPattern(digits: string): string {
  const separator = String.raw`(?:[^0-9A-Za-z"${foreignDigits.join('')}]|\\[nrtbf]|%20|%2[BbDd]|%[Cc]2%[Aa]0)*`;
  return Array.from(digits, anyScript).join(separator);
}

function anyScript(digit: string): string {
  const others = ZEROS.map((zero) => String.fromCharCode(zero + Number(digit)));
  return `[${digit}${others.join('')}]`;
}
