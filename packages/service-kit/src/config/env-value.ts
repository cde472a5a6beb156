import { z } from 'zod';
import { LOG_LEVELS, type LogLevel } from '../log/log-level.ts';
import { stripUrlSecrets } from '../log/scrub-text.ts';

/** The zod schema of one environment variable: text in, `T` out. `.default(…)` and `.optional()` work on it. */
export type EnvValue<T> = z.ZodType<T, string>;

/** A parsed text. `problem` ends the sentence "expected …, " and must not hold a secret. */
export type ParsedText<T> = { value: T } | { problem: string };

/** Makes the schema of a variable from what it expects, in words, and a parser that never throws. */
export function envValue<T>(expected: string, parse: (text: string) => ParsedText<T>): EnvValue<T> {
  return z
    .string({ error: () => `expected ${expected}, but it is not set` })
    .transform((text, context): T => {
      const parsed = parse(text);
      if ('value' in parsed) return parsed.value;
      context.addIssue(`expected ${expected}, ${parsed.problem}`);
      return z.NEVER;
    })
    .meta({ expected });
}

/** A whole number in decimal digits, both ends included: `wholeNumber(20, 10_000, 'milliseconds')`. */
export function wholeNumber(min: number, max: number, unit?: string): EnvValue<number> {
  const ofUnit = unit === undefined ? '' : ` of ${unit}`;
  return envValue(`a whole number${ofUnit} from ${min} to ${max}`, (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : got(text);
  });
}

/** A share of a whole, such as 0.5: more than 0, and at most 1. */
export const share: EnvValue<number> = envValue('a share above 0 and up to 1, such as 0.5', (text) => {
  const value = /^\d?\.?\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return value > 0 && value <= 1 ? { value } : got(text);
});

/** One of a few words, as written. */
export function oneOf<const T extends string>(values: readonly T[]): EnvValue<T> {
  return envValue(`one of ${values.join(', ')}`, (text) => {
    const value = values.find((candidate) => candidate === text);
    return value === undefined ? got(text) : { value };
  });
}

/** A TCP port; 0 lets the system choose a free one. */
export const port: EnvValue<number> = envValue('a port number from 0 to 65535', (text) =>
  /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? { value: Number(text) } : got(text),
);

const FLAG_WORDS = new Map([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/** Yes or no in the usual spellings, in any case. */
export const booleanFlag: EnvValue<boolean> = envValue('true or false (or 1/0, yes/no, on/off)', (text) => {
  const value = FLAG_WORDS.get(text.toLowerCase());
  return value === undefined ? got(text) : { value };
});

/** pino's levels, and `silent`. */
export const logLevel: EnvValue<LogLevel> = oneOf(LOG_LEVELS);

/** For settings that are not secret. The password of a URL in the wrong variable is removed all the same. */
function got(text: string): { problem: string } {
  return { problem: `got ${JSON.stringify(stripUrlSecrets(text).slice(0, 80))}` };
}
