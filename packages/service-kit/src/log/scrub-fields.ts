import { describeError, isError } from './describe-error.ts';
import { maskPhone, scrubText } from './scrub-text.ts';

const REMOVED = '[removed]';
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;

// Each also in snake_case and in any case. Numbers and booleans pass (`turns: 12` is a count), objects and texts do not.
const PHONE_FIELDS = [
  'from',
  'to',
  'phone',
  'phoneNumber',
  'leadPhone',
  'caller',
  'callerId',
  'callee',
  'msisdn',
  'fromNumber',
  'toNumber',
  'customerNumber',
];
const CONTENT_FIELDS = [
  'text',
  'heardText',
  'transcript',
  'transcriptHistory',
  'fullTranscript',
  'turn',
  'turns',
  'words',
  'lead',
  'leadName',
  'collectedData',
  'data',
  'payload',
  'body',
  'customParameters',
  'arguments',
  'result',
  'objection',
  'objections',
];
const SECRET_FIELDS = ['password', 'token', 'secret', 'authorization', 'cookie', 'apiKey', 'apiToken'];

const phoneFields = new Set(PHONE_FIELDS.map(normalise));
const removedFields = new Set([...CONTENT_FIELDS, ...SECRET_FIELDS].map(normalise));

/** The fields of a log line, at any depth, without phone numbers, transcript text, collected data and secrets. */
export function scrubFields(fields: Record<string, unknown>): Record<string, unknown> {
  return scrubObject(fields, 0);
}

function scrubField(name: string, value: unknown, depth: number): unknown {
  const field = normalise(name);
  if (phoneFields.has(field)) return scrubPhone(value);
  if (removedFields.has(field)) return isCountOrFlag(value) ? value : REMOVED;
  return scrubValue(value, depth);
}

/** A value that has no name of its own, e.g. an argument of a log message. */
export function scrubValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (isError(value)) return describeError(value);
  if (depth >= MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => scrubValue(item, depth + 1));
  return isPlainObject(value) ? scrubObject(value, depth + 1) : `[${value.constructor.name}]`;
}

function scrubObject(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, scrubField(name, value, depth)]),
  );
}

function scrubPhone(value: unknown): unknown {
  // A small number is a position or a count (`from: 1, to: 20`), not a phone.
  if (isCountOrFlag(value) && Number(value) < 1e6) return value;
  return typeof value === 'string' || typeof value === 'number' ? maskPhone(String(value)) : REMOVED;
}

function isCountOrFlag(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined;
}

function normalise(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase();
}

/** Anything else (a client, a socket, a Buffer, a Map) is named only: its inside is not made for logs. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
