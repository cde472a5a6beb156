const KEY = Buffer.from('"payload":"');
const QUOTE = 0x22;

/** Below this, reading the whole as JSON is as fast. */
const MIN_BYTES = 512;

/** What stands for a lifted payload: no base64 holds it. */
export const LIFTED = '\u0000';
const LIFTED_JSON = '\\u0000';

/** A frame's JSON with its payload taken out, and the payload. */
export interface LiftedPayload {
  /** The text of the frame, where {@link LIFTED} stands in place of the payload. */
  readonly json: string;
  readonly payload: string;
}

/**
 * Takes a media frame's payload out before the rest is read as JSON, since nine tenths of all that a gateway reads is
 * payload, and reading it as JSON copies it twice. `undefined` where the frame has none, or writes it in another way (a
 * space before it, an escape in it): such a frame is read whole.
 */
export function liftPayload(frame: Buffer): LiftedPayload | undefined {
  if (frame.length < MIN_BYTES) return undefined;
  // Within a JSON text its quotes would be escaped: what is found is a key.
  const key = frame.indexOf(KEY);
  if (key === -1) return undefined;
  const start = key + KEY.length;
  const end = frame.indexOf(QUOTE, start);
  if (end === -1) return undefined;
  const payload = frame.toString('latin1', start, end);
  if (payload.includes('\\')) return undefined;
  return { json: frame.toString('utf8', 0, start) + LIFTED_JSON + frame.toString('utf8', end), payload };
}
