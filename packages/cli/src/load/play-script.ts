import { sleep } from '@turnlog/service-kit';
import { type ScriptMessage, type ScriptStep } from './agent-script.ts';

export interface PlayOptions {
  /** How many times faster than real time; `Infinity` for no pauses. */
  readonly speed: number;
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly now: () => number;
  /** Called with each message when it is due. */
  readonly send: (message: ScriptMessage) => void;
}

/** Plays a script's messages at their times, each with its own timestamp, until the signal aborts. */
export async function playScript(
  steps: readonly ScriptStep[],
  { speed, signal, now, send }: PlayOptions,
): Promise<void> {
  let lastAtMs = 0;
  for (const { afterMs, message } of steps) {
    if (afterMs > 0) await sleep(afterMs / speed, signal);
    if (signal.aborted) return;
    // No two messages of a call have the same time, as their times order them.
    lastAtMs = Math.max(now(), lastAtMs + 1);
    send({ timestamp: lastAtMs, ...message });
  }
}
