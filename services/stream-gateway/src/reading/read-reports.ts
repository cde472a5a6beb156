import { MAX_JSON_DEPTH, placeEvent, type CallKey, type EventDraft } from '@turnlog/call-events';
import { toNewEvent, type NewEvent } from '@turnlog/call-log';
import { type RedactionMode } from '@turnlog/redaction';
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { type AgentErrorCode, type AgentMessageError } from '../domain/agent-answer.ts';
import { nameOfBytes } from '../domain/name-of-bytes.ts';
import {
  eventIdOf,
  readAgentText,
  type MessageName,
  type ReadAgentMessage,
} from '../domain/read-agent-message.ts';

/** A message that is not read yet. */
export interface UnreadReport {
  readonly bytes: Uint8Array;
  /** How deep its arrays and objects are nested. */
  readonly depth: number;
  /** Its id if the agent gave none. */
  readonly fallbackId: string | undefined;
  readonly sourceSeq: number;
}

/** Messages of one call. All of it can be posted to another thread. */
export interface ReadingJob {
  readonly call: CallKey;
  readonly source: string;
  readonly nowMs: number;
  readonly redaction: RedactionMode;
  readonly maxEventBytes: number;
  readonly reports: readonly UnreadReport[];
}

/** A message as it goes into the log, or why it does not. */
export type ReadReport =
  | (MessageName & { readonly ok: true; readonly newEvent: NewEvent })
  | (MessageName & { readonly ok: false; readonly error: AgentMessageError });

/** Reads messages, each by itself: a bad one spoils no other. */
export function readReports(job: ReadingJob): ReadReport[] {
  return job.reports.map((report) => readReport(report, job));
}

/** Checks what reading a message would cost before it is parsed. */
function readReport(report: UnreadReport, job: ReadingJob): ReadReport {
  const { depth, fallbackId, sourceSeq } = report;
  const { buffer, byteOffset, byteLength } = report.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const { call, source, nowMs, redaction, maxEventBytes } = job;
  if (byteLength > maxEventBytes) return unread(report, 'too_large', tooLarge(byteLength, maxEventBytes));
  if (depth > MAX_JSON_DEPTH) return unread(report, 'too_deep', TOO_DEEP);
  if (!isUtf8(bytes)) return unread(report, 'not_json', 'the message is not UTF-8');
  const rawBase64 = (): string => bytes.toString('base64');
  const read = readAgentText(bytes.toString(), { nowMs, rawBase64, redaction });
  if (!read.ok && read.error.code === 'not_json') return unread(report, 'not_json', read.error.message);
  const id = read.id ?? fallbackId;
  const { revision } = read;
  if (!read.ok) return { ok: false, id, revision, error: read.error };
  const draft = id === undefined ? read.draft : namedDraft(read, id);
  const event = placeEvent(draft, { call, source, sourceSeq });
  return { ok: true, id, revision, newEvent: toNewEvent(event, { rememberId: id !== undefined }) };
}

const TOO_DEEP = `the message is nested deeper than ${MAX_JSON_DEPTH} levels; flatten it`;

/** The text of the error `too_large`. */
export function tooLarge(bytes: number, maxEventBytes: number): string {
  return `the message has ${bytes} bytes, ${maxEventBytes} are allowed; split it`;
}

function unread({ bytes, fallbackId }: UnreadReport, code: AgentErrorCode, message: string): ReadReport {
  const { id = fallbackId, revision } = nameOfBytes(bytes);
  return { ok: false, id, revision, error: { code, message } };
}

/** 96 bits, so that two contents of one id do not collide. */
const FINGERPRINT_CHARACTERS = 16;

/** The draft of a message with the agent's id and a fingerprint of its content, which distinguishes messages of one id. */
export function namedDraft(
  { event, draft, content }: Extract<ReadAgentMessage, { ok: true }>,
  id: string,
): EventDraft {
  const hash = createHash('sha256').update(content).digest('base64url');
  return { ...draft, id: eventIdOf(event, id), fingerprint: hash.slice(0, FINGERPRINT_CHARACTERS) };
}
