import { base64ByteLength, durationMs } from '@turnlog/exotel';
import { type AnnouncedCall, type Shape } from '../shapes/shape.ts';

/**
 * The frames of one call in the order they are sent: one counter for all events, one for media, and the time
 * by the audio sent so far.
 */
export class CallFrames {
  readonly #shape: Shape;
  readonly #call: AnnouncedCall;
  #sequence = 0;
  #connected = 0;
  mediaFrames = 0;
  audioBytes = 0;

  constructor(shape: Shape, call: AnnouncedCall) {
    this.#shape = shape;
    this.#call = call;
  }

  get count(): number {
    return this.#connected + this.#sequence;
  }

  connected(): string {
    this.#connected = 1;
    return this.#shape.connected();
  }

  start(): string {
    return this.#shape.start({ ...this.#call, sequence: ++this.#sequence });
  }

  media(payload: string): string {
    const timestampMs = Math.round(durationMs(this.audioBytes, this.#call.sampleRate));
    this.audioBytes += base64ByteLength(payload) ?? 0;
    return this.#shape.media({ ...this.#next(), chunk: ++this.mediaFrames, timestampMs, payload });
  }

  dtmf(digit: string, durationMs: number): string {
    return this.#shape.dtmf({ ...this.#next(), digit, durationMs });
  }

  mark(name: string): string {
    return this.#shape.mark({ ...this.#next(), name });
  }

  stop(reason: string): string {
    const { callSid, accountSid } = this.#call;
    return this.#shape.stop({ ...this.#next(), callSid, accountSid, reason });
  }

  #next(): { sequence: number; streamSid: string } {
    return { sequence: ++this.#sequence, streamSid: this.#call.streamSid };
  }
}
