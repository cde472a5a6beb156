import { cutText } from './cut-text.ts';
import { namesNothing } from './names-nothing.ts';

/** A JSON object of `JSON.parse`: `__proto__` in it is an ordinary own key. */
export type JsonObject = Readonly<Record<string, unknown>>;

const maxIdLength = 256;
const maxNumericLength = 32;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The named part of a frame, or the frame itself if a client sends its fields flat. */
export function nestedOrFlat(frame: JsonObject, name: string): JsonObject {
  const nested = frame[name];
  return isObject(nested) ? nested : frame;
}

/** A non-empty string, or a number as text, cut to `maxLength`. */
export function textOf(value: unknown, maxLength: number): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') return undefined;
  return cutText(value, maxLength);
}

/**
 * An identifier. An absurdly long one counts as absent, because a cut identifier would be another call's. So
 * does `None`, or `{{CallSid}}`.
 */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '' || value.length > maxIdLength) return undefined;
  return namesNothing(value) ? undefined : value;
}

/** A finite number, sent as a number or as text: Exotel's own pages disagree. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.length > maxNumericLength) return undefined;
  const number = Number(value);
  const isBlank = number === 0 && value.trim() === '';
  return Number.isFinite(number) && !isBlank ? number : undefined;
}
