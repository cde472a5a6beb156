import { randomBytes } from 'node:crypto';
import { type ParsedFrame, chooseSampleRate, type SampleRate } from '@turnlog/exotel';
import { type AnnouncedCall } from '../shapes/shape.ts';
import { shapes, type ShapeName } from '../shapes/shapes.ts';
import { CallerAudio } from './caller-audio.ts';
import { speedOf, type Pace } from './pace.ts';

/**
 * How a call ends without Exotel's `stop`: the socket is closed properly, is torn down, or falls silent and
 * stays open, reading nothing and answering no ping.
 */
export type Drop = 'no-stop' | 'terminate' | 'half-open';

/** A call for the simulator to place. Only `url` and `audio` are needed. */
export interface PlaceCallOptions {
  /** The server's stream URL, `ws:` or `wss:`; a user and password in it become Basic auth, as with Exotel. */
  url: string;
  /** 16-bit mono PCM at `sampleRate`, or the seconds of speech-like noise wanted. */
  audio: Buffer | number;
  /** Default: what the URL asks for, else 8000. A rate the URL does not ask for is added to it. */
  sampleRate?: SampleRate;
  callSid?: string;
  streamSid?: string;
  accountSid?: string;
  from?: string;
  to?: string;
  /** Added to the URL's query and repeated in `start`. Default: the URL's query as it is. */
  customParameters?: Readonly<Record<string, string>>;
  /** Default `strings`, which is what the protocol page documents. */
  shape?: ShapeName;
  /** Milliseconds of audio per media frame; default 100. */
  frameMs?: number;
  /** Default `realtime`. */
  pace?: Pace;
  /** `voicebot` (default) receives the bot's audio, and has keys and marks; `stream` only sends. */
  applet?: 'voicebot' | 'stream';
  /** In the call's own time; the line is silent once the audio has ended. Default: the end of the audio. */
  hangUpAfterMs?: number;
  /** How the call ends, in place of `stop` and a close. */
  drop?: Drop;
  /** After `stop`: a close with that code; 1005 = without a code, 1006 = torn down. Default 1000. */
  closeCode?: 1000 | 1005 | 1006;
  /** Default 10,000, as documented. */
  handshakeTimeoutMs?: number;
  /** Default 2: Exotel tries a failed handshake once more. */
  handshakeAttempts?: number;
  /** Sees each message of the server. */
  onServerFrame?: (frame: ParsedFrame) => void;
  /** Tears the call down, at any time. */
  signal?: AbortSignal;
}

/** A call with every choice made. */
export type CallPlan = ReturnType<typeof planCall>;

/** Makes every choice the options leave open. Throws on a URL or a duration that no call could have. */
export function planCall(options: PlaceCallOptions) {
  const { frameMs = 100, hangUpAfterMs } = options;
  checkDurations(options.audio, frameMs, hangUpAfterMs);
  const url = streamUrl(options);
  const sampleRate = chooseSampleRate({ url });
  const audio = new CallerAudio(options.audio, { sampleRate, frameMs });
  return {
    url: url.href,
    announced: announcedCall(options, url, sampleRate),
    shape: shapes[options.shape ?? 'strings'],
    audio,
    frameMs,
    frameCount: hangUpAfterMs === undefined ? audio.frameCount : Math.floor(hangUpAfterMs / frameMs),
    hangUpAfterMs: hangUpAfterMs ?? audio.durationMs,
    /** How many times faster than real time. */
    speed: speedOf(options.pace ?? 'realtime'),
    applet: options.applet ?? 'voicebot',
    drop: options.drop,
    closeCode: options.closeCode ?? 1000,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 10_000,
    handshakeAttempts: options.handshakeAttempts ?? 2,
    onServerFrame: options.onServerFrame ?? (() => undefined),
    signal: options.signal,
  };
}

function checkDurations(audio: Buffer | number, frameMs: number, hangUpAfterMs = 0): void {
  if (typeof audio === 'number' && !(audio >= 0 && audio < Infinity)) {
    throw new RangeError(`audio must be PCM or a number of seconds from 0 up, not ${audio}.`);
  }
  if (!(frameMs >= 1 && frameMs <= 1000)) {
    throw new RangeError(`frameMs must be between 1 and 1000, not ${frameMs}.`);
  }
  if (!(hangUpAfterMs >= 0)) {
    throw new RangeError(`hangUpAfterMs must be 0 or more (Infinity = never), not ${hangUpAfterMs}.`);
  }
}

function streamUrl(options: PlaceCallOptions): URL {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:') {
    throw new TypeError(
      'url must begin with ws:// or wss://, for example ws://127.0.0.1:8080/exotel/stream.',
    );
  }
  for (const [name, value] of Object.entries(options.customParameters ?? {})) {
    url.searchParams.set(name, value);
  }
  if (options.sampleRate !== undefined && options.sampleRate !== chooseSampleRate({ url })) {
    url.searchParams.delete('sample_rate');
    url.searchParams.set('sample-rate', String(options.sampleRate));
  }
  return url;
}

function announcedCall(options: PlaceCallOptions, url: URL, sampleRate: SampleRate): AnnouncedCall {
  return {
    callSid: options.callSid ?? newSid(),
    streamSid: options.streamSid ?? newSid(),
    accountSid: options.accountSid ?? 'simulated',
    from: options.from ?? '+919800000001',
    to: options.to ?? '+918047000001',
    customParameters: options.customParameters ?? parametersOf(url),
    sampleRate,
  };
}

function parametersOf(url: URL): Record<string, string> {
  const query = [...url.searchParams];
  return Object.fromEntries(query.filter(([name]) => name !== 'sample-rate' && name !== 'sample_rate'));
}

// Exotel's ids are opaque; its samples have 32 hexadecimal digits.
function newSid(): string {
  return randomBytes(16).toString('hex');
}
