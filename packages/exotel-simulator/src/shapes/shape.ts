/** The call a simulated Exotel announces in `start`. */
export interface AnnouncedCall {
  callSid: string;
  streamSid: string;
  accountSid: string;
  from: string;
  to: string;
  customParameters: Readonly<Record<string, string>>;
  /** Hz. */
  sampleRate: number;
}

interface Sent {
  streamSid: string;
  sequence: number;
}

/** Encoders of Exotel's own frames in one of the forms in which they are documented or seen. */
export interface Shape {
  connected(): string;
  start(start: AnnouncedCall & { sequence: number }): string;
  /** `payload` is base64; `timestampMs` counts from the start of the stream. */
  media(media: Sent & { chunk: number; timestampMs: number; payload: string }): string;
  dtmf(dtmf: Sent & { digit: string; durationMs: number }): string;
  mark(mark: Sent & { name: string }): string;
  clear(clear: Sent): string;
  stop(stop: Sent & { callSid: string; accountSid: string; reason: string }): string;
}

/** The frames of a shape before they become text. */
export type Frames = { readonly [Event in keyof Shape]: (sent: Parameters<Shape[Event]>[0]) => object };

/** The encoders of these frames. */
export function shapeOf(frames: Frames): Shape {
  const events = Object.entries(frames) as [string, (sent: unknown) => object][];
  const encoders = events.map(([event, frameOf]) => [
    event,
    (sent: unknown) => JSON.stringify(frameOf(sent)),
  ]);
  return Object.fromEntries(encoders) as Shape;
}
