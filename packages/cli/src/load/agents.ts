import { CallReporter, type HttpOptions } from '@turnlog/agent-client';
import type { SimulatedCall } from '@turnlog/exotel-simulator';
import { withDeadline } from '@turnlog/service-kit/time';
import type { ScriptMessage } from './agent-script.ts';
import { newTally, playScript, type AgentTally } from './play-script.ts';
import type { ConversationOptions } from './agent-conversation.ts';
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

/** Agents that report over HTTP, which works with any gateway. */
export function agentsOverHttp(http: HttpOptions, { script, speed, now }: ConversationOptions): Agents {
  return {
    converse: async ({ callSid, connected }, signal) => {
      const tally = newTally();
      if (!(await connected)) return tally;
      const call = new CallReporter({ callSid, http, maxBufferedBytes: Infinity });
      const send = (message: ScriptMessage) => call.report(message);
      const { receipts } = await playScript(script, tally, { speed, now, signal, send });
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
  options: ConversationOptions,
  beginTimeoutMs = BEGIN_TIMEOUT_MS,
): Promise<Agents & { readonly url: string }> {
  const agent = await startSampleAgent({ ...options, port });
  return {
    url: agent.url,
    converse: async ({ callSid, connected, finished }) => {
      const conversation = agent.conversation(callSid);
      if (!(await connected)) return conversation.tally;
      await finished;
      const { timedOut: isNeverDialled } = await withDeadline(conversation.begun, beginTimeoutMs);
      if (isNeverDialled) {
        const problem = `the gateway has not called the agent: its AGENT_URL has to be ${agent.url}`;
        return { ...newTally(), rejected: options.script.length, problem };
      }
      await withDeadline(conversation.left, LEAVE_TIMEOUT_MS);
      return conversation.tally;
    },
    close: () => agent.close(),
  };
}
