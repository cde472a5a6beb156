import { readFile } from 'node:fs/promises';
import { durationMs, readWav, WavFormatError } from '@turnlog/exotel';
import { type Drop, type PlaceCallOptions } from '../call/call-plan.ts';
import { type Pace } from '../call/pace.ts';
import { type ShapeName } from '../shapes/shapes.ts';

/** The line stays open for a moment after the last word, as on a real call. */
const LAST_WORDS_MS = 500;

/** What each call of a load is like; the simulator's default applies to what is undefined. */
export interface LoadCallOptions {
  readonly url: string;
  /** How long the conversation takes in real time. */
  readonly conversationMs: number;
  /** A WAV file with what the caller says. */
  readonly wav?: string | undefined;
  readonly drop?: Drop | undefined;
  readonly shape?: ShapeName | undefined;
  readonly pace?: Pace | undefined;
}

/** The options of the calls, or a sentence about why there can be none. */
export type LoadCallPlan =
  { readonly ok: true; readonly call: PlaceCallOptions } | { readonly ok: false; readonly problem: string };

/** Plans the calls of a load. Each lasts as long as the conversation, or the caller's speech if that is longer. */
export async function planLoadCall(options: LoadCallOptions): Promise<LoadCallPlan> {
  const { url, conversationMs, wav, drop, shape, pace = 'realtime' } = options;
  const callMs = conversationMs + LAST_WORDS_MS;
  const call = {
    url,
    pace,
    ...(drop !== undefined && { drop }),
    ...(shape !== undefined && { shape }),
  };
  if (wav === undefined) return { ok: true, call: { ...call, audio: callMs / 1000, hangUpAfterMs: callMs } };
  try {
    const { pcm, sampleRate } = readWav(await readFile(wav));
    const hangUpAfterMs = Math.max(callMs, durationMs(pcm.length, sampleRate));
    return { ok: true, call: { ...call, audio: pcm, sampleRate, hangUpAfterMs } };
  } catch (error) {
    if (error instanceof WavFormatError) return { ok: false, problem: error.message };
    return { ok: false, problem: `The WAV can't be read: ${(error as Error).message}.` };
  }
}
