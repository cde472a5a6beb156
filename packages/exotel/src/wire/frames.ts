import { type Scalar } from './leaves.ts';

/*
 * The frames of Exotel's stream, normalized over the differences between its pages, its samples and its live
 * traffic. Every property is always present (`undefined` if the frame did not have it), so that a frame of
 * one kind always has one shape. The gateway keeps the ids; only `start` has them reliably. Source:
 * https://developer.exotel.com/docs/agentstream/websocket-protocol
 */

/** One frame of the stream, the result of `parseExotelFrame` for any input. */
export type ParsedFrame =
  | ConnectedFrame
  | StartFrame
  | MediaFrame
  | DtmfFrame
  | MarkFrame
  | ClearFrame
  | StopFrame
  | UnknownFrame
  | InvalidFrame;

/** What any event of the stream may have. */
export interface FrameHeader {
  streamSid: string | undefined;
  /** One counter for all events of a stream. For metrics only: gaps and repeats occur without loss. */
  sequence: number | undefined;
}

/** The first frame of a socket. Some clients omit it. */
export interface ConnectedFrame extends FrameHeader {
  kind: 'connected';
}

/** The start of the stream: the parties and the audio format. */
export interface StartFrame extends FrameHeader {
  kind: 'start';
  /** `call_sid`, or `leg_sid` if that is the only id. */
  callSid: string | undefined;
  legSid: string | undefined;
  accountSid: string | undefined;
  from: string | undefined;
  to: string | undefined;
  /** At most 32 parameters. May repeat secrets of the stream's URL: see `readCallParameters`. */
  customParameters: Readonly<Record<string, string>>;
  mediaFormat: MediaFormat;
  /** Undocumented fields, as `path → scalar`; at most 32. */
  extra: Readonly<Record<string, Scalar>>;
}

/** As announced; `chooseSampleRate` and `codecOf` decide what to use. */
export interface MediaFormat {
  encoding: string | undefined;
  /** Hz. */
  sampleRate: number | undefined;
}

/** Audio: mono, in the codec of the stream, 16-bit little-endian PCM unless `start` says otherwise; still in base64. */
export interface MediaFrame extends FrameHeader {
  kind: 'media';
  /** Base64, for `decodeAudio`. */
  payload: string;
  /** The bytes in `payload`, from its length: correct if the payload decodes. */
  byteLength: number;
  /** Counts media frames only; starts at 0 or 1. */
  chunk: number | undefined;
  /** As it was sent: milliseconds since the start, a time of day, or garbage. Never a substitute for counting bytes. */
  timestamp: string | number | undefined;
  track: string | undefined;
}

/** The caller pressed a key. */
export interface DtmfFrame extends FrameHeader {
  kind: 'dtmf';
  digit: string;
  durationMs: number | undefined;
}

/** Everything sent to Exotel before the mark of this name has been played. */
export interface MarkFrame extends FrameHeader {
  kind: 'mark';
  name: string;
}

/** Drop the queued audio. From us to Exotel; its samples accept it the other way too. */
export interface ClearFrame extends FrameHeader {
  kind: 'clear';
}

/** The end of the stream. Some clients write `closed`. */
export interface StopFrame extends FrameHeader {
  kind: 'stop';
  event: 'stop' | 'closed';
  callSid: string | undefined;
  accountSid: string | undefined;
  /** `stopped` = the applet ended, `callended` = the caller hung up; other words occur. */
  reason: string | undefined;
}

/** An event that this version does not know: count it, keep the socket. */
export interface UnknownFrame extends FrameHeader {
  kind: 'unknown';
  /** At most 64 characters. */
  event: string;
}

/** Not a frame: count it, keep the socket. */
export interface InvalidFrame {
  kind: 'invalid';
  reason: InvalidFrameReason;
  /** Its event, as claimed. */
  event: string | undefined;
}

export type InvalidFrameReason =
  'not_json' | 'not_an_object' | 'no_event' | 'no_payload' | 'invalid_payload' | 'no_digit' | 'no_mark_name';
