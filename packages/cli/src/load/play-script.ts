import { sleep } from '@turnlog/service-kit';
import { type AgentMessage, type ScriptStep } from './agent-script.ts';

export interface PlayOptions {
  /** How many times faster than life; `Infinity` for at once. */
  readonly speed: number;
  readonly signal: AbortSignal;
  /** Unix ms. */
  readonly now: () => number;
  /** Gets the messages that are due together, each with its time. */
  readonly send: (messages: readonly AgentMessage[]) => Promise<void>;
}

/** Says a script's messages at their times, until the signal aborts. */
export async function playScript(
  steps: readonly ScriptStep[],
  { speed, signal, now, send }: PlayOptions,
): Promise<void> {
  let lastAtMs = 0;
  /** No two messages of a call in the same millisecond: their times are what orders them. */
  const stamp = (message: AgentMessage): AgentMessage => {
    lastAtMs = Math.max(now(), lastAtMs + 1);
    return { timestamp: lastAtMs, ...message };
  };
  for (const group of groupByPause(steps)) {
    await sleep((group[0]?.afterMs ?? 0) / speed, signal);
    if (signal.aborted) return;
    await send(group.map(({ message }) => stamp(message)));
  }
}

/** Steps without a pause between them belong together; where time does not pass, none of them waits. */
function groupByPause(steps: readonly ScriptStep[]): ScriptStep[][] {
  const groups: ScriptStep[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.afterMs === 0 && last !== undefined) last.push(step);
    else groups.push([step]);
  }
  return groups;
}
