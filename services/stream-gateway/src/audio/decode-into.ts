import { decodeAudio, expandG711, type AudioCodec } from '@turnlog/exotel';

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

/** The bytes of PCM that so many bytes of a codec hold. */
export function pcmBytesOf(codec: AudioCodec, bytes: number): number {
  return codec === 'pcm16' ? bytes : 2 * bytes;
}

/** The same for G.711: what is written is 16-bit PCM. */
export function decodeG711Into(
  codec: Exclude<AudioCodec, 'pcm16'>,
  target: Buffer,
  offset: number,
  { payload, byteLength }: { readonly payload: string; readonly byteLength: number },
): number | 'invalid_base64' | 'payload_is_json' {
  const written = decodeInto(target, offset + byteLength, payload, byteLength);
  if (typeof written === 'string') return written;
  expandG711(target, offset, written, codec);
  return 2 * written;
}
