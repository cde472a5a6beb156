import { bytesOfDuration, durationMs, type SampleRate } from '@turnlog/exotel';
import { speechLikeNoise } from '../audio/synthesise.ts';

const clipSeconds = 10.4;

// Shared by all calls of the process, so that five hundred callers who play one file encode it once.
const clips = new Map<SampleRate, Buffer>();
const encodedFrames = new WeakMap<Buffer, Map<number, string[]>>();

/**
 * What the caller says, cut into frames. After its end the line stays open in silence, as on a real call.
 */
export class CallerAudio {
  readonly frameCount: number;
  readonly durationMs: number;
  readonly #pcm: Buffer;
  readonly #frameBytes: number;
  readonly #payloads: string[];
  readonly #silence: string;
  readonly #framesPerRound: number;

  /** `audio`: PCM, or the seconds of speech-like noise wanted. */
  constructor(audio: Buffer | number, format: { sampleRate: SampleRate; frameMs: number }) {
    const { sampleRate, frameMs } = format;
    this.#frameBytes = bytesOfDuration(frameMs, sampleRate);
    this.#pcm = typeof audio === 'number' ? noiseClip(sampleRate) : audio;
    this.durationMs = typeof audio === 'number' ? audio * 1000 : durationMs(audio.length, sampleRate);
    this.frameCount = Math.ceil(this.durationMs / frameMs);
    this.#payloads = payloadsOf(this.#pcm, this.#frameBytes);
    this.#silence = Buffer.alloc(this.#frameBytes).toString('base64');
    const wholeFrames = Math.max(1, Math.floor(this.#pcm.length / this.#frameBytes));
    this.#framesPerRound = typeof audio === 'number' ? wholeFrames : this.frameCount;
  }

  /** The base64 of a frame. */
  payloadAt(index: number): string {
    if (index >= this.frameCount) return this.#silence;
    const frame = index % this.#framesPerRound;
    return (this.#payloads[frame] ??= this.#encode(frame));
  }

  #encode(frame: number): string {
    return this.#pcm.toString('base64', frame * this.#frameBytes, (frame + 1) * this.#frameBytes);
  }
}

function noiseClip(sampleRate: SampleRate): Buffer {
  const clip = clips.get(sampleRate) ?? speechLikeNoise({ seconds: clipSeconds, sampleRate });
  clips.set(sampleRate, clip);
  return clip;
}

function payloadsOf(pcm: Buffer, frameBytes: number): string[] {
  const bySize = encodedFrames.get(pcm) ?? new Map<number, string[]>();
  encodedFrames.set(pcm, bySize);
  const payloads = bySize.get(frameBytes) ?? [];
  bySize.set(frameBytes, payloads);
  return payloads;
}
