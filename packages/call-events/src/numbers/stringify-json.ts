import { NUMBER_MARK, withMarkedNumbers } from './exact-number.ts';

const MARKED_NUMBER = new RegExp(`"${NUMBER_MARK}([^"]*)"`, 'g');

/** The text of a value, and whether it holds a number that `JSON.parse` would change. */
export interface WrittenJson {
  readonly text: string;
  readonly hasExactNumber: boolean;
}

/** `JSON.stringify`, but an `ExactNumber` becomes a JSON number with its digits. `indent` as `JSON.stringify` takes it. */
export function stringifyJson(value: unknown, indent?: number): string {
  return writeJson(value, indent).text;
}

/** {@link stringifyJson}, for what needs to know how the text has to be read. */
export function writeJson(value: unknown, indent?: number): WrittenJson {
  const { text, hasExactNumber } = withMarkedNumbers(() => JSON.stringify(value, undefined, indent));
  return { text: hasExactNumber ? text.replace(MARKED_NUMBER, '$1') : text, hasExactNumber };
}
