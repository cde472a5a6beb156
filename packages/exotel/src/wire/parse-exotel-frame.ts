import { base64ByteLength } from './base64-byte-length.ts';
import { cutText } from './cut-text.ts';
import { idOf, isObject, nestedOrFlat, numberOf, textOf, type JsonObject } from './fields.ts';
import {
  type DtmfFrame,
  type FrameHeader,
  type InvalidFrame,
  type InvalidFrameReason,
  type MarkFrame,
  type MediaFrame,
  type ParsedFrame,
  type StopFrame,
} from './frames.ts';
import { parseStart } from './parse-start.ts';
import { mayBeChanged, readJson } from './read-json.ts';

const maxEventLength = 64;
const maxTextLength = 256;
const maxMarkNameLength = 1024;
const space = 0x20;

/**
 * Parses one text frame of Exotel's stream, in any documented or observed shape: numbers as text, snake and
 * camel case, nested and flat. Never throws: an unreadable frame is `invalid` with a reason, and an unknown
 * event is `unknown`. Audio stays in base64 until `decodeAudio`, so counting it costs nothing.
 */
export function parseExotelFrame(text: string | Buffer): ParsedFrame {
  let frame: unknown;
  try {
    frame = readFrame(text.toString());
  } catch {
    return invalid('not_json');
  }
  if (!isObject(frame)) return invalid('not_an_object');
  const event = frame.event ?? frame.Event;
  if (typeof event !== 'string' || event === '') return invalid('no_event');
  return parseEvent(event, frame);
}

/** Most frames are audio with a text id: those are not searched for numbers. */
function readFrame(text: string): unknown {
  const frame = JSON.parse(text) as unknown;
  const isAudio = isObject(frame) && typeof frame.event === 'string' && frame.event.toLowerCase() === 'media';
  const hasTextId = isObject(frame) && typeof (frame.stream_sid ?? frame.streamSid) !== 'number';
  return (isAudio && hasTextId) || !mayBeChanged(text) ? frame : readJson(text);
}

function parseEvent(event: string, frame: JsonObject): ParsedFrame {
  switch (event.toLowerCase()) {
    case 'media':
      return parseMedia(frame);
    case 'mark':
      return parseMark(frame);
    case 'dtmf':
      return parseDtmf(frame);
    case 'clear':
      return { kind: 'clear', ...headerOf(frame) };
    case 'connected':
      return { kind: 'connected', ...headerOf(frame) };
    case 'start':
      return parseStart(frame, headerOf(frame));
    case 'stop':
      return parseStop('stop', frame);
    case 'closed':
      return parseStop('closed', frame);
    default:
      return { kind: 'unknown', event: cutText(event, maxEventLength), ...headerOf(frame) };
  }
}

function parseMedia(frame: JsonObject): MediaFrame | InvalidFrame {
  const media = nestedOrFlat(frame, 'media');
  const sent = media.payload ?? media.Payload;
  if (typeof sent !== 'string') return invalid('no_payload', 'media');
  const payload = unwrapped(sent);
  const byteLength = base64ByteLength(payload);
  if (byteLength === undefined) return invalid('invalid_payload', 'media');
  const { timestamp } = media;
  return {
    kind: 'media',
    streamSid: idOf(frame.stream_sid) ?? idOf(frame.streamSid),
    sequence: numberOf(frame.sequence_number ?? frame.sequenceNumber ?? media.sequenceNumber),
    payload,
    byteLength,
    chunk: numberOf(media.chunk),
    timestamp: typeof timestamp === 'number' ? timestamp : textOf(timestamp, maxTextLength),
    track: textOf(media.track, maxTextLength),
  };
}

// Some languages' base64 has a line break after every 76 characters and at the end.
function unwrapped(payload: string): string {
  const isWrapped = payload.charCodeAt(payload.length - 1) <= space || payload.charCodeAt(76) <= space;
  return isWrapped ? payload.replace(/\s+/g, '') : payload;
}

function parseDtmf(frame: JsonObject): DtmfFrame | InvalidFrame {
  const dtmf = nestedOrFlat(frame, 'dtmf');
  const digit = textOf(dtmf.digit ?? frame.digit, maxTextLength);
  if (digit === undefined) return invalid('no_digit', 'dtmf');
  return { kind: 'dtmf', ...headerOf(frame), digit, durationMs: numberOf(dtmf.duration) };
}

function parseMark(frame: JsonObject): MarkFrame | InvalidFrame {
  const name = textOf(nestedOrFlat(frame, 'mark').name, maxMarkNameLength);
  if (name === undefined) return invalid('no_mark_name', 'mark');
  return { kind: 'mark', ...headerOf(frame), name };
}

function parseStop(event: StopFrame['event'], frame: JsonObject): StopFrame {
  const stop = nestedOrFlat(frame, 'stop');
  const { streamSid, sequence } = headerOf(frame);
  return {
    kind: 'stop',
    event,
    streamSid: streamSid ?? idOf(stop.stream_sid) ?? idOf(stop.streamSid),
    sequence,
    callSid: firstId(stop.call_sid, stop.callSid, frame.call_sid, frame.callSid),
    accountSid: firstId(stop.account_sid, stop.accountSid, frame.account_sid, frame.accountSid),
    reason: textOf(stop.reason ?? frame.reason, maxTextLength),
  };
}

function firstId(...values: readonly unknown[]): string | undefined {
  return values.map((value) => idOf(value)).find((id) => id !== undefined);
}

function headerOf(frame: JsonObject): FrameHeader {
  return {
    streamSid: idOf(frame.stream_sid) ?? idOf(frame.streamSid),
    sequence: numberOf(frame.sequence_number ?? frame.sequenceNumber),
  };
}

function invalid(reason: InvalidFrameReason, event?: string): InvalidFrame {
  return { kind: 'invalid', reason, event };
}
