import { readEncodedEvent, type CallKey, type EncodedEvent } from '@turnlog/call-events';
import { crc32 } from 'node:zlib';

/** How a duplicate of an event is found in the log: by its source sequence, or by its id. */
export type AppendMode = 'ordered' | 'unordered';

/** An event for the spool. */
export interface SpoolEvent extends EncodedEvent {
  /** Whether the log finds its duplicates by its id. */
  readonly rememberId: boolean;
}

/** An event in the spool, with everything that its append needs. */
export interface SpoolRecord extends SpoolEvent {
  readonly mode: AppendMode;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const CHECKSUM_LENGTH = 8;

/**
 * One line: checksum (CRC-32, eight hex digits), length in bytes, JSON. Both are of the JSON, so that a torn
 * or overwritten line is recognized.
 */
export function encodeRecord({ text, rememberId }: SpoolEvent, mode: AppendMode): Buffer {
  const json = `{"mode":"${mode}","rememberId":${rememberId},"event":${text}}`;
  const payload = Buffer.from(json);
  const start = Buffer.from(`${checksumOf(payload)} ${payload.length} `);
  return Buffer.concat([start, payload, Buffer.of(NEWLINE)]);
}

/** The records of a file, and the number of invalid lines: at most the torn last one, unless the disk is at fault. */
export function readRecords(bytes: Buffer): { readonly records: SpoolRecord[]; readonly damaged: number } {
  const records: SpoolRecord[] = [];
  let damaged = 0;
  for (const line of linesOf(bytes)) {
    const payload = readPayload(line);
    const record = payload === undefined ? undefined : toRecord(payload);
    if (record === undefined) damaged += 1;
    else records.push(record);
  }
  return { records, damaged };
}

/** The events of a file as written, including those that this version does not know; torn lines are skipped. */
export function* readEvents(bytes: Buffer): Generator<WrittenEvent> {
  for (const line of linesOf(bytes)) {
    const payload = readPayload(line);
    if (payload !== undefined) yield (JSON.parse(payload) as WrittenRecord).event;
  }
}

function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    if (end > start) yield bytes.subarray(start, end);
    start = end + 1;
  }
}

/**
 * The lines of a file without those of some calls, byte for byte, including those that this version cannot
 * read. Torn lines are removed as well: they cannot be attributed to a call, and are never read.
 */
export function withoutCalls(
  bytes: Buffer,
  isUnwanted: (call: CallKey) => boolean,
): { readonly kept: Buffer; readonly events: number } {
  const kept: Buffer[] = [];
  let events = 0;
  for (const line of linesOf(bytes)) {
    const payload = readPayload(line);
    if (payload === undefined) continue;
    if (isUnwanted((JSON.parse(payload) as WrittenRecord).event)) events += 1;
    else kept.push(line, Buffer.of(NEWLINE));
  }
  return { kept: Buffer.concat(kept), events };
}

/** `undefined` for a torn line. */
function readPayload(line: Buffer): string | undefined {
  const lengthEnd = line.indexOf(SPACE, CHECKSUM_LENGTH + 1);
  const payload = line.subarray(lengthEnd + 1);
  const isWhole =
    lengthEnd !== -1 &&
    line.toString('latin1', CHECKSUM_LENGTH, lengthEnd) === ` ${payload.length}` &&
    line.toString('latin1', 0, CHECKSUM_LENGTH) === checksumOf(payload);
  return isWhole ? payload.toString() : undefined;
}

/** Written by {@link encodeRecord} or a later version of it, which the checksum proves. */
interface WrittenRecord {
  readonly event: WrittenEvent;
}

/** An event as it is written, of this version or another. */
export interface WrittenEvent extends CallKey {
  readonly at?: unknown;
}

/** The fields before the text of the event. The text itself is copied. */
const BEFORE_EVENT = /^\{"mode":"(ordered|unordered)","rememberId":(true|false),"event":/;

function toRecord(payload: string): SpoolRecord | undefined {
  const [before, mode, rememberId] = BEFORE_EVENT.exec(payload) ?? [];
  if (before === undefined) return undefined;
  const encoded = readEncodedEvent(payload.slice(before.length, -1));
  if (encoded === undefined) return undefined;
  return { ...encoded, rememberId: rememberId === 'true', mode: mode as AppendMode };
}

function checksumOf(payload: Buffer): string {
  return crc32(payload).toString(16).padStart(CHECKSUM_LENGTH, '0');
}
