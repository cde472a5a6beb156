import { type SimulatedCall } from '@turnlog/exotel';
import { withDeadline } from '@turnlog/service-kit';
import { type ScriptStep } from './agent-script.ts';
import { newTally, type AgentTally } from './agent-tally.ts';
import { playScript } from './play-script.ts';
import { httpReporter, type ReportTarget } from './report-over-http.ts';
import { startSampleAgent } from './sample-agent.ts';

/** A gateway calls its agent when a call starts. */
const BEGIN_TIMEOUT_MS = 2_000;
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
  const agent = await startSampleAgent({ ...options, port });
  return {
    url: agent.url,
    converse: async ({ callSid, finished }) => {
      await finished;
      const { begun, left, tally } = agent.conversation(callSid);
      const { timedOut: isNeverCalled } = await withDeadline(begun, BEGIN_TIMEOUT_MS);
      if (isNeverCalled) return neverCalled(agent.url, options.script);
      await withDeadline(left, LEAVE_TIMEOUT_MS);
      return tally;
    },
    close: () => agent.close(),
  };
}

function neverCalled(agentUrl: string, script: readonly ScriptStep[]): AgentTally {
  const problem = `the gateway has not called the agent: its AGENT_URL has to be ${agentUrl}`;
  return { ...newTally(), rejected: script.length, problem };
}
