import { decodeAudio } from '@turnlog/exotel';

const OPENING_BRACE = 0x7b;

/**
 * Decodes a media payload into a buffer, without a buffer of its own: the bytes written, or why it is no audio. By the
 * same rules as `decodeAudio`, at the price of a plain base64 decoder.
 */
export function decodeInto(
  target: Buffer,
  offset: number,
  payload: string,
  byteLength: number,
): number | 'invalid_base64' | 'payload_is_json' {
  const written = target.write(payload, offset, byteLength, 'base64');
  const isSuspicious =
    written !== byteLength ||
    target[offset] === OPENING_BRACE ||
    Buffer.byteLength(payload) !== payload.length;
  if (!isSuspicious) return written;
  const decoded = decodeAudio(payload);
  return decoded.ok ? written : decoded.reason;
}
