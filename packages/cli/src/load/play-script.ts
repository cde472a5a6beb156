import type { Acknowledgement } from '@turnlog/agent-client';
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
    lastAtMs = Math.max(now(), lastAtMs + 1);
    receipts.push(count(send({ timestamp: lastAtMs, ...message }), tally));
  }
  return { receipts };
}

async function count(receipt: Promise<Acknowledgement>, tally: AgentTally): Promise<void> {
  try {
    tally[(await receipt).status] += 1;
  } catch (error) {
    tally.rejected += 1;
    tally.problem ??= reasonOf(error);
  }
}
