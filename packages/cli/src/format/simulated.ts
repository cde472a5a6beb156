import type { StoredCall } from '@turnlog/call-store';
import type { ParsedFrame } from '@turnlog/exotel';
import type { CallReport } from '@turnlog/exotel-simulator';

/** A pause of this length ends what the bot says. */
const PAUSE_MS = 1_000;

/** Tells when the caller begins to hear the bot, and when the bot interrupts itself. */
export class HeardBot {
  readonly #show: (line: string) => void;
  #lastAudioAt = -Infinity;

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  take(frame: ParsedFrame): void {
    if (frame.kind === 'clear') this.#show('✂️  the bot drops what it has not said yet');
    if (frame.kind !== 'media') return;
    const now = performance.now();
    if (now - this.#lastAudioAt > PAUSE_MS) this.#show('🔊 the caller hears the bot');
    this.#lastAudioAt = now;
  }
}

/** What the caller heard, in one line. */
export function formatHeard({ botAudio, marksReceived, clearsReceived }: CallReport): string {
  const seconds = (botAudio.durationMs / 1000).toFixed(1);
  return `🔊 The caller heard ${seconds} s of audio in ${botAudio.frames} frames, with ${marksReceived.length} mark(s) and ${clearsReceived} clear(s).`;
}

/** Whether the record is right, and what to do if the bot was not there. */
export function adviceOn(
  { callSid, botAudio }: CallReport,
  record: StoredCall | undefined,
  problems: readonly string[],
): string[] {
  const lines =
    problems.length === 0
      ? ['✅ The record agrees with the log of the call.']
      : [`❌ The record is wrong: ${problems.join('; ')}.`];
  if (record?.agent_reached === false) {
    lines.push('🚫 Your bot could not be reached: is it running, and is AGENT_URL of the gateway right?');
  } else if (botAudio.bytes === 0 && (record?.full_transcript.length ?? 0) === 0) {
    lines.push(
      '🤔 Nothing was heard and nothing reported. Was Turnlog started with AGENT_URL=ws://<your bot>/{callSid}?',
      `   A bot that reports over HTTP must use the id of the call, here ${callSid}.`,
    );
  }
  return lines;
}
