/*
 * From us to Exotel, Voicebot applet only. The ids go as `stream_sid` and every number as a string, and
 * `sequence_number`, `chunk` and `timestamp` are always present: documented as optional, but according to
 * Exotel's own samples some streams end early without them. Source:
 * https://developer.exotel.com/docs/agentstream/websocket-protocol
 */

/** Audio for the caller. Exotel wants 3,200 to 100,000 bytes a frame, in multiples of 320. */
export interface ServerMedia {
  streamSid: string;
  sequence: number;
  chunk: number;
  /** Since the stream began. */
  timestampMs: number;
  /** Signed 16-bit little-endian PCM at the stream's rate, or that in base64. */
  audio: Buffer | string;
}

/** Encodes audio for the caller. */
export function encodeMedia(media: ServerMedia): string {
  const payload = typeof media.audio === 'string' ? media.audio : media.audio.toString('base64');
  return JSON.stringify({
    event: 'media',
    sequence_number: String(media.sequence),
    stream_sid: media.streamSid,
    media: { chunk: String(media.chunk), timestamp: String(media.timestampMs), payload },
  });
}

/** Encodes a mark: Exotel sends it back when all audio before it has been played. */
export function encodeMark(mark: { streamSid: string; sequence: number; name: string }): string {
  return JSON.stringify({
    event: 'mark',
    sequence_number: String(mark.sequence),
    stream_sid: mark.streamSid,
    mark: { name: mark.name },
  });
}

/** Encodes a clear: Exotel drops the audio that was not played yet, as when the caller interrupts. */
export function encodeClear(clear: { streamSid: string; sequence: number }): string {
  return JSON.stringify({
    event: 'clear',
    sequence_number: String(clear.sequence),
    stream_sid: clear.streamSid,
  });
}
