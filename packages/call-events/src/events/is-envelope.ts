import { type z } from 'zod';
import {
  CALL_SID_PATTERN,
  ENVELOPE_VERSION,
  isMoment,
  MAX_FINGERPRINT_CHARACTERS,
  MAX_ID_CHARACTERS,
  MAX_SOURCE_CHARACTERS,
  MAX_TYPE_CHARACTERS,
  TENANT_PATTERN,
  type envelope,
} from './envelope.ts';

type Envelope = z.infer<typeof envelope>;

/** `v`, `id`, `type`, `tenant`, `callSid`, `source`, `at` and `data`. */
const ALWAYS_THERE = 8;

/**
 * Whether a value, read from JSON, is an envelope and nothing besides. What this accepts, the schema accepts unchanged,
 * at several times the cost: each event of each log is read here. What this declines may still be one: ask the schema.
 */
export function isEnvelope(json: unknown): json is Envelope {
  if (typeof json !== 'object' || json === null) return false;
  const { v, id, type, tenant, callSid, source, at, data } = json as Record<keyof Envelope, unknown>;
  const { sourceSeq, original, redactions, revision, fingerprint, isTimed } = json as Record<
    keyof Envelope,
    unknown
  >;
  return (
    v === ENVELOPE_VERSION &&
    data !== undefined &&
    isText(id, MAX_ID_CHARACTERS) &&
    isText(type, MAX_TYPE_CHARACTERS) &&
    typeof tenant === 'string' &&
    TENANT_PATTERN.test(tenant) &&
    typeof callSid === 'string' &&
    CALL_SID_PATTERN.test(callSid) &&
    isText(source, MAX_SOURCE_CHARACTERS) &&
    isCountOrAbsent(sourceSeq) &&
    isCountOrAbsent(redactions) &&
    isCountOrAbsent(revision) &&
    (fingerprint === undefined || isText(fingerprint, MAX_FINGERPRINT_CHARACTERS)) &&
    (isTimed === undefined || isTimed === true) &&
    typeof at === 'string' &&
    isMoment(at) &&
    (original === undefined || typeof original === 'string') &&
    // With so many, there is none besides.
    Object.keys(json).length ===
      ALWAYS_THERE +
        countOf(sourceSeq) +
        countOf(redactions) +
        countOf(original) +
        countOf(revision) +
        countOf(fingerprint) +
        countOf(isTimed)
  );
}

function countOf(value: unknown): 0 | 1 {
  return value === undefined ? 0 : 1;
}

function isCountOrAbsent(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1);
}

function isText(value: unknown, maxCharacters: number): boolean {
  return typeof value === 'string' && value.length >= 1 && value.length <= maxCharacters;
}
