import { type z } from 'zod';
import { eventData, isEventType, type CallEvent, type KnownEvent } from './call-event.ts';
import { envelope, ENVELOPE_VERSION } from './envelope.ts';
import { isEnvelope } from './is-envelope.ts';
import { parseExactly } from '../numbers/parse-json.ts';
import { writeJson } from '../numbers/exact-number.ts';
import { upcast, upcasters, versionOf } from './upcast.ts';

/** Why a text is not an event. */
export interface DecodeProblem {
  readonly code: 'not_json' | 'newer_version' | 'not_an_envelope' | 'invalid_data';
  /** What is wrong, and where; never a value out of the event. */
  readonly detail: string;
}

/** The outcome of {@link decodeEvent}. */
export type DecodeResult =
  { readonly ok: true; readonly event: CallEvent } | { readonly ok: false; readonly problem: DecodeProblem };

/*
 * An event with a number that `JSON.parse` would change has `"exactNumbers":true` as its first field. So every other
 * event, and every log without one, is read by `JSON.parse` alone.
 */
const EXACT_NUMBERS = 'exactNumbers';

/** The text of an event as the log and the archive hold it. */
export function encodeEvent(event: KnownEvent): string {
  const { text, hasExactNumber } = writeJson(event);
  return hasExactNumber ? `{"${EXACT_NUMBERS}":true,${text.slice(1)}` : text;
}

/** Reads an event from anything. Never throws. */
export function decodeEvent(text: unknown): DecodeResult {
  const json = parseText(text);
  return json === undefined ? problem('not_json', 'the text is not JSON') : readEvent(json);
}

/**
 * Reads so many events whose texts are joined by commas, which costs less than one by one. `undefined` if one of them
 * is invalid: {@link decodeEvent} returns what is wrong with it. Never throws.
 */
export function decodeEvents(joinedTexts: string, count: number): CallEvent[] | undefined {
  const json = parseText(`[${joinedTexts}]`);
  if (!Array.isArray(json) || json.length !== count) return undefined;
  const events: CallEvent[] = [];
  for (const item of json) {
    const decoded = readEvent(item);
    if (!decoded.ok) return undefined;
    events.push(decoded.event);
  }
  return events;
}

/** Reads an event from its JSON, which it may change. */
function readEvent(json: unknown): DecodeResult {
  const wrapped = isEnvelope(json) ? { success: true as const, data: json } : readEnvelope(json);
  if (!wrapped.success) {
    const version = versionOf(json) ?? 0;
    if (version > ENVELOPE_VERSION) return problem('newer_version', newerThan(version));
    return problem('not_an_envelope', describe(wrapped.error));
  }

  const { type, data } = wrapped.data;
  if (!isEventType(type)) {
    return { ok: true, event: { ...wrapped.data, type: 'unknown', unknownType: type, data } };
  }
  const parsed = eventData[type].safeParse(data);
  if (!parsed.success) return problem('invalid_data', describe(parsed.error));
  // What was just read is not shared: it need not be copied. The schema table pairs each type with its own data, which
  // TypeScript can't follow through a lookup.
  wrapped.data.data = parsed.data;
  return { ok: true, event: wrapped.data as KnownEvent };
}

/** For what {@link isEnvelope} declines: an event of an older version, or a value that is not an event. */
function readEnvelope(json: unknown) {
  return envelope.safeParse(upcast(json, { to: ENVELOPE_VERSION, steps: upcasters }));
}

function newerThan(version: number): string {
  return `v: the event is of version ${version}, and this service reads up to ${ENVELOPE_VERSION}: replay it after the upgrade`;
}

/** Reads the text of an event, or of an array of them; `undefined` for a text that is not JSON. */
function parseText(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    const json = JSON.parse(text) as unknown;
    const isExact = Array.isArray(json) ? json.some(hasExactNumbers) : hasExactNumbers(json);
    return isExact ? withoutMark(parseExactly(text)) : json;
  } catch {
    return undefined;
  }
}

function hasExactNumbers(json: unknown): boolean {
  return typeof json === 'object' && json !== null && EXACT_NUMBERS in json && json[EXACT_NUMBERS] === true;
}

/** The mark is not a part of the event. */
function withoutMark(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutMark);
  if (!hasExactNumbers(json)) return json;
  return Object.fromEntries(Object.entries(json as object).filter(([name]) => name !== EXACT_NUMBERS));
}

function problem(code: DecodeProblem['code'], detail: string): DecodeResult {
  return { ok: false, problem: { code, detail } };
}

function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${pathOf(issue.path) || 'event'}: ${issue.code}`)
    .join('; ');
}

/** The names below these come out of the call. */
const OPEN_OBJECTS: readonly PropertyKey[] = [
  'fields',
  'customParameters',
  'arguments',
  'result',
  'metadata',
  'extra',
];

function pathOf(path: readonly PropertyKey[]): string {
  const open = path.findIndex((step) => OPEN_OBJECTS.includes(step));
  const isBelow = open !== -1 && open < path.length - 1;
  return (isBelow ? [...path.slice(0, open + 1), '…'] : path).map(String).join('.');
}
