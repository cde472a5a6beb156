import { type z } from 'zod';
import { eventData, isEventType, type CallEvent, type KnownEvent } from './call-event.ts';
import { envelope, ENVELOPE_VERSION } from './envelope.ts';
import { isEnvelope } from './is-envelope.ts';
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

/** The text of an event as the log and the archive hold it. */
export function encodeEvent(event: KnownEvent): string {
  return JSON.stringify(event);
}

/** Reads an event back from anything that it is handed. Never throws. */
export function decodeEvent(text: unknown): DecodeResult {
  const json = parseJson(text);
  return json === undefined ? problem('not_json', 'the text is not JSON') : readEvent(json);
}

/**
 * Reads the texts of so many events that are joined by commas, for less than they cost one by one. `undefined` unless
 * together they are so many events: {@link decodeEvent} says of each what is wrong. Never throws.
 */
export function decodeEvents(joinedTexts: string, count: number): CallEvent[] | undefined {
  const json = parseJson(`[${joinedTexts}]`);
  if (!Array.isArray(json) || json.length !== count) return undefined;
  const events: CallEvent[] = [];
  for (const item of json) {
    const decoded = readEvent(item);
    if (!decoded.ok) return undefined;
    events.push(decoded.event);
  }
  return events;
}

/** Reads an event from what its text says. What is handed over may be changed. */
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
  // Nobody else has seen what was just read: it is not copied. The schema table pairs each type with its own data, which
  // TypeScript can't follow through a lookup.
  wrapped.data.data = parsed.data;
  return { ok: true, event: wrapped.data as KnownEvent };
}

/** What {@link isEnvelope} declines: events of an older version, and what is none. */
function readEnvelope(json: unknown) {
  return envelope.safeParse(upcast(json, { to: ENVELOPE_VERSION, steps: upcasters }));
}

function newerThan(version: number): string {
  return `v: the event is of version ${version}, and this service reads up to ${ENVELOPE_VERSION}: replay it after the upgrade`;
}

function parseJson(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
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

/** Below these, names are not ours: they come out of the call. */
const OPEN_OBJECTS: readonly PropertyKey[] = ['fields', 'customParameters', 'arguments', 'result'];

function pathOf(path: readonly PropertyKey[]): string {
  const open = path.findIndex((step) => OPEN_OBJECTS.includes(step));
  const isBelow = open !== -1 && open < path.length - 1;
  return (isBelow ? [...path.slice(0, open + 1), '…'] : path).map(String).join('.');
}
