import type { Acknowledgement } from '@turnlog/agent-client';
import type { JsonValue } from '@turnlog/call-events';
import { sleep } from '@turnlog/service-kit/time';
import { reasonOf } from '../command-error.ts';
import type { ScriptMessage, ScriptStep } from './agent-script.ts';

/** What happened to the messages of an agent. */
export interface AgentTally {
  appended: number;
  duplicate: number;
  rejected: number;
  /** The first reason for which a message was rejected or not acknowledged. */
  problem: string | undefined;
}

/** Of the pause before a turn; the rest is silence. */
const SPOKEN_SHARE = 0.75;

/** A tally without messages. */
export function newTally(): AgentTally {
  return { appended: 0, duplicate: 0, rejected: 0, problem: undefined };
}

export interface PlayOptions {
  /** How many times faster than real time; `Infinity` for no pauses. */
  readonly speed: number;
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly now: () => number;
  /** Called with each message when it is due. Resolves when the message is acknowledged. */
  readonly send: (message: ScriptMessage) => Promise<Acknowledgement>;
}

/**
 * Plays a script's messages at their times, each with its own timestamp, until the signal aborts. Resolves to a promise
 * per message, which is fulfilled when its outcome is in the tally.
 */
export async function playScript(
  steps: readonly ScriptStep[],
  tally: AgentTally,
  { speed, signal, now, send }: PlayOptions,
): Promise<{ readonly receipts: readonly Promise<void>[] }> {
  const receipts: Promise<void>[] = [];
  let lastAtMs = 0;
  for (const { afterMs, message } of steps) {
    if (afterMs > 0) await sleep(afterMs / speed, signal);
    if (signal.aborted) break;
    // No two messages of a call have the same time, as their times order them.
    const atMs = Math.max(now(), lastAtMs + 1);
    const pauseMs = Math.min(afterMs / speed, atMs - lastAtMs);
    receipts.push(count(send({ timestamp: atMs, ...withTimes(message, atMs, pauseMs) }), tally));
    lastAtMs = atMs;
  }
  return { receipts };
}

/** A turn is reported when it ends; it was spoken during most of the pause before. */
function withTimes(message: ScriptMessage, endedAt: number, pauseMs: number): ScriptMessage {
  const { turn } = message;
  if (message.event !== 'turn' || !isPlainObject(turn)) return message;
  const startedAt = endedAt - Math.floor(pauseMs * SPOKEN_SHARE);
  return { ...message, turn: { startedAt, endedAt, ...turn } };
}

function isPlainObject(value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function count(receipt: Promise<Acknowledgement>, tally: AgentTally): Promise<void> {
  try {
    tally[(await receipt).status] += 1;
  } catch (error) {
    tally.rejected += 1;
    tally.problem ??= reasonOf(error);
  }
}
