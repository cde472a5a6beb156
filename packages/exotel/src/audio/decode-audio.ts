import { base64ByteLength } from '../wire/base64-byte-length.ts';

/** The contents of a media payload. */
export type DecodedAudio =
  /** Whole samples: signed 16-bit little-endian. */
  { ok: true; pcm: Buffer } | { ok: false; reason: 'invalid_base64' | 'payload_is_json' };

/**
 * Decodes a media payload. Node skips characters that are not base64; here they are `invalid_base64`. A
 * payload that contains a JSON object (some clients wrap a frame twice) is refused, because it would be heard
 * as a burst of noise.
 *
 * An odd byte at the end is dropped: Exotel's payloads start on a sample, so one that ends inside a sample was
 * cut short. Carried over, that byte would shift every later sample and turn the rest of the call into noise.
 */
export function decodeAudio(payload: string): DecodedAudio {
  const bytes = Buffer.from(payload, 'base64');
  if (bytes.length !== base64ByteLength(payload) || !isAscii(payload)) {
    return { ok: false, reason: 'invalid_base64' };
  }
  if (isJsonObject(bytes)) return { ok: false, reason: 'payload_is_json' };
  return { ok: true, pcm: bytes.subarray(0, bytes.length - (bytes.length % 2)) };
}

// Node reads the low byte of a character beyond Latin-1, so a letter such as U+0141 would pass for "A".
function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function isJsonObject(bytes: Buffer): boolean {
  const looksLikeIt = bytes[0] === 0x7b && bytes.at(-1) === 0x7d;
  if (!looksLikeIt) return false;
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
