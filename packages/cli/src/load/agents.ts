import { CallReporter, type HttpOptions } from '@turnlog/agent-client';
import { type SimulatedCall } from '@turnlog/exotel-simulator';
import { withDeadline } from '@turnlog/service-kit';
import { type ScriptStep } from './agent-script.ts';
import { countReceipt, newTally, type AgentTally } from './agent-tally.ts';
import { playScript } from './play-script.ts';
import { startSampleAgent } from './sample-agent.ts';

/** After a call: the gateway, which dials the agent when a call starts, may be slow, or the call short. */
const BEGIN_TIMEOUT_MS = 10_000;
/** Longer than a gateway lets an agent continue to report after its call. */
const LEAVE_TIMEOUT_MS = 10_000;

/** The agents of many calls. */
export interface Agents {
  /** Holds the conversation of one call. Resolves when each of its messages has its outcome. */
  readonly converse: (call: SimulatedCall, signal: AbortSignal) => Promise<AgentTally>;
  readonly close: () => Promise<void>;
}

export interface AgentsOptions {
  readonly script: readonly ScriptStep[];
  /** How many times faster than real time. */
  readonly speed: number;
  readonly now: () => number;
  /** How long after a call the gateway may dial the agent for it. */
  readonly beginTimeoutMs?: number;
}

/** Agents that report over HTTP, which works with any gateway. */
export function agentsOverHttp(http: HttpOptions, { script, speed, now }: AgentsOptions): Agents {
  return {
    converse: async ({ callSid, connected }, signal) => {
      const tally = newTally();
      if (!(await connected)) return tally;
      const call = new CallReporter({ callSid, http, maxBufferedBytes: Infinity });
      const receipts: Promise<void>[] = [];
      await playScript(script, {
        ...{ speed, now, signal },
        send: (message) => void receipts.push(countReceipt(call.report(message), tally)),
      });
      // Messages that `close` abandons are counted as rejected.
      await Promise.allSettled([call.close(signal.aborted ? { timeoutMs: 0 } : {}), ...receipts]);
      return tally;
    },
    close: () => Promise.resolve(),
  };
}

/** An agent that the gateway dials for each call. Rejects when its port is not available. */
export async function agentsOverSocket(
  port: number,
  options: AgentsOptions,
): Promise<Agents & { readonly url: string }> {
  const { beginTimeoutMs = BEGIN_TIMEOUT_MS } = options;
  const agent = await startSampleAgent({ ...options, port });
  return {
    url: agent.url,
    converse: async ({ callSid, connected, finished }) => {
      const conversation = agent.conversation(callSid);
      if (!(await connected)) return conversation.tally;
      await finished;
      const { timedOut: isNeverDialled } = await withDeadline(conversation.begun, beginTimeoutMs);
      if (isNeverDialled) return neverDialled(agent.url, options.script);
      await withDeadline(conversation.left, LEAVE_TIMEOUT_MS);
      return conversation.tally;
    },
    close: () => agent.close(),
  };
}

function neverDialled(agentUrl: string, script: readonly ScriptStep[]): AgentTally {
  const problem = `the gateway has not called the agent: its AGENT_URL has to be ${agentUrl}`;
  return { ...newTally(), rejected: script.length, problem };
}
