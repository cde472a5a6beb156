import { readFile } from 'node:fs/promises';
import { durationMs, readWav, type SampleRate } from '@turnlog/exotel';
import { type Drop, type Pace, type PlaceCallOptions, type ShapeName } from '@turnlog/exotel-simulator';
import { CommandError, reasonOf } from '../command-error.ts';

/** The line stays open for a moment after the last word, as on a real call. */
const LAST_WORDS_MS = 500;

/** How the calls of a round are to be; what is not said is left to the simulator. */
export interface CallWishes {
  readonly wav: string | undefined;
  readonly drop: Drop | undefined;
  readonly shape: ShapeName | undefined;
  readonly pace: Pace | undefined;
}

/** What a call is placed with. It lasts as long as what the caller says and the conversation do. */
export async function planCall(
  url: string,
  conversationMs: number,
  { wav, drop, shape, pace = 'realtime' }: CallWishes,
): Promise<PlaceCallOptions> {
  const callMs = conversationMs + LAST_WORDS_MS;
  const speech = wav === undefined ? undefined : await readSpeech(wav);
  return {
    url,
    audio: speech?.pcm ?? callMs / 1000,
    hangUpAfterMs: Math.max(callMs, speech?.durationMs ?? 0),
    pace,
    ...(speech !== undefined && { sampleRate: speech.sampleRate }),
    ...(drop !== undefined && { drop }),
    ...(shape !== undefined && { shape }),
  };
}

async function readSpeech(
  file: string,
): Promise<{ pcm: Buffer; sampleRate: SampleRate; durationMs: number }> {
  const { pcm, sampleRate } = readWav(await readBytes(file));
  return { pcm, sampleRate, durationMs: durationMs(pcm.length, sampleRate) };
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CommandError(`The WAV can't be read: ${reasonOf(error)}.`, { cause: error });
  }
}
