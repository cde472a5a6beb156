import { z } from 'zod';
import { type AgentAnswer } from '../world/agent-hub.ts';
import { type AgentMessage } from '../ledger/planned-call.ts';

const REQUEST_TIMEOUT_MS = 5_000;

const body = z.object({
  results: z.array(
    z.union([
      z.object({ id: z.string(), status: z.enum(['appended', 'duplicate']) }),
      z.object({ id: z.string(), status: z.literal('rejected'), error: z.object({ code: z.string() }) }),
    ]),
  ),
});

/** Reports messages in one request. No answers when the gateway gave none that says what became of them. */
export async function reportOverHttp(
  gatewayUrl: string,
  callSid: string,
  messages: readonly AgentMessage[],
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<AgentAnswer[]> {
  let text: string;
  try {
    const response = await fetch(`${gatewayUrl}/v1/calls/${encodeURIComponent(callSid)}/events`, {
      method: 'POST',
      body: JSON.stringify(messages),
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch {
    // Refused, reset, or no answer in time: what became of the messages is unknown.
    return [];
  }
  const parsed = body.safeParse(jsonOf(text));
  if (!parsed.success) return [];
  return parsed.data.results.map((result) => ({
    id: result.id,
    code: result.status === 'rejected' ? result.error.code : undefined,
  }));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
