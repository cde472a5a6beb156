import { decodeAudio, expandG711, type AudioCodec, bytesOfDuration, durationMs } from '@turnlog/exotel';
import { type BufferPool } from './buffer-pool.ts';

/** A stretch of one track that is full, or old enough to go. */
export interface PcmBatch {
  readonly pcm: Buffer;
  readonly offsetMs: number;
  /** The pool's buffer that holds `pcm`; the receiver of the batch gives it back. */
  readonly buffer: Buffer;
}

/** A pause in the agent's audio below this is jitter and not silence. */
const JITTER_MS = 100;

/** The longest audio that one frame may hold; the wire's own limit is below it. */
const MAX_FRAME_BYTES = 256 * 1024;

/**
 * Collects one track into batches. Samples are decoded straight into the batch, so that a frame leaves nothing behind,
 * and no socket's buffer is kept alive by it.
 */
export class AudioTrack {
  readonly #sampleRate: number;
  readonly #codec: AudioCodec;
  readonly #capacity: number;
  readonly #pool: BufferPool;
  readonly #emit: (batch: PcmBatch) => void;
  #pcm: Buffer | undefined;
  #length = 0;
  #offsetMs = 0;
  #beganAtMs = 0;
  #endMs = 0;

  constructor(options: {
    readonly sampleRate: number;
    readonly codec: AudioCodec;
    readonly batchMs: number;
    readonly pool: BufferPool;
    readonly emit: (batch: PcmBatch) => void;
  }) {
    const { sampleRate, codec, batchMs, pool, emit } = options;
    this.#sampleRate = sampleRate;
    this.#codec = codec;
    this.#capacity = bytesOfDuration(batchMs, sampleRate);
    this.#pool = pool;
    this.#emit = emit;
  }

  /** When the oldest sample that is waiting came, Unix ms; `undefined` when none is. */
  get waitingSinceMs(): number | undefined {
    return this.#length === 0 ? undefined : this.#beganAtMs;
  }

  /**
   * Adds a payload, and returns its bytes of PCM in whole samples, or why it is not audio. `positionMs`, from the start of the
   * connection, counts if it is later than the end of the audio so far.
   */
  add(
    payload: string,
    byteLength: number,
    { positionMs, nowMs }: { readonly positionMs: number; readonly nowMs: number },
  ): number | 'invalid_base64' | 'payload_is_json' {
    if (byteLength > MAX_FRAME_BYTES) return 'invalid_base64';
    if (positionMs > this.#endMs + JITTER_MS) this.#moveTo(positionMs);
    const pcm = this.#roomFor(pcmBytesOf(this.#codec, byteLength));
    const written =
      this.#codec === 'pcm16'
        ? decodeInto(pcm, this.#length, payload, byteLength)
        : decodeG711Into(this.#codec, pcm, this.#length, { payload, byteLength });
    if (typeof written === 'string') return written;
    // Half a sample at the end is cut off: if it were kept, all audio after it would be noise.
    const bytes = written - (written % 2);
    if (this.#length === 0) this.#begin(nowMs);
    this.#length += bytes;
    this.#endMs += durationMs(bytes, this.#sampleRate);
    if (this.#length >= this.#capacity) this.flush();
    return bytes;
  }

  /** Hands on what is waiting. */
  flush(): void {
    const buffer = this.#pcm;
    if (buffer === undefined) return;
    this.#pcm = undefined;
    const pcm = buffer.subarray(0, this.#length);
    this.#length = 0;
    if (pcm.length === 0) this.#pool.giveBack(buffer);
    else this.#emit({ pcm, offsetMs: Math.round(this.#offsetMs), buffer });
  }

  #begin(nowMs: number): void {
    this.#beganAtMs = nowMs;
    this.#offsetMs = this.#endMs;
  }

  #moveTo(positionMs: number): void {
    this.flush();
    this.#endMs = positionMs;
  }

  #roomFor(bytes: number): Buffer {
    if (this.#pcm !== undefined && this.#length + bytes > this.#pcm.length) this.flush();
    this.#pcm ??= this.#pool.take(Math.max(this.#capacity, bytes));
    return this.#pcm;
  }
}

const OPENING_BRACE = 0x7b;

/**
 * Decodes a media payload into a buffer, without a buffer of its own: the bytes written, or why it is not audio. By the
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
function decodeG711Into(
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
