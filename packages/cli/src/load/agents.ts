import { type SimulatedCall } from '@turnlog/exotel-simulator';
import { withDeadline } from '@turnlog/service-kit';
import { type ScriptStep } from './agent-script.ts';
import { newTally, type AgentTally } from './agent-tally.ts';
import { playScript } from './play-script.ts';
import { httpReporter, type ReportTarget } from './report-over-http.ts';
import { startSampleAgent } from './sample-agent.ts';

/** After a call: the gateway, which calls when one starts, may be slow, or the call short. */
const BEGIN_TIMEOUT_MS = 10_000;
/** Longer than a gateway lets an agent go on reporting after its call. */
const LEAVE_TIMEOUT_MS = 10_000;

/** Whoever holds the conversations of simulated calls. */
export interface Agents {
  /** Holds the conversation of one call; resolves when everything of it was said. */
  readonly converse: (call: SimulatedCall, signal: AbortSignal) => Promise<AgentTally>;
  readonly close: () => Promise<void>;
}

export interface AgentsOptions {
  readonly script: readonly ScriptStep[];
  /** How many times faster than life. */
  readonly speed: number;
  readonly now: () => number;
  /** How long after a call a gateway may call the agent for it. */
  readonly beginTimeoutMs?: number;
}

/** Agents that report over HTTP: any gateway takes that. */
export function agentsOverHttp(target: ReportTarget, { script, speed, now }: AgentsOptions): Agents {
  return {
    converse: async ({ callSid, connected }, signal) => {
      const tally = newTally();
      if (!(await connected)) return tally;
      const send = httpReporter(target, callSid, tally);
      await playScript(script, { speed, now, signal, send });
      return tally;
    },
    close: () => Promise.resolve(),
  };
}

/** An agent that the gateway calls for each call, on a socket. Rejects when its port can't be had. */
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
      const { timedOut: isNeverCalled } = await withDeadline(conversation.begun, beginTimeoutMs);
      if (isNeverCalled) return neverCalled(agent.url, options.script);
      await withDeadline(conversation.left, LEAVE_TIMEOUT_MS);
      return conversation.tally;
    },
    close: () => agent.close(),
  };
}

function neverCalled(agentUrl: string, script: readonly ScriptStep[]): AgentTally {
  const problem = `the gateway has not called the agent: its AGENT_URL has to be ${agentUrl}`;
  return { ...newTally(), rejected: script.length, problem };
}
