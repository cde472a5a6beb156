import { types } from 'node:util';
import { sleep } from '@turnlog/service-kit';
import { z } from 'zod';
import { reasonOf } from '../command-error.ts';
import { type AgentMessage } from './agent-script.ts';
import { type AgentTally } from './agent-tally.ts';

const ATTEMPTS = 8;
const PAUSE_MS = 250;
const TIMEOUT_MS = 10_000;

const answer = z.object({
  results: z.array(
    z.object({
      status: z.enum(['appended', 'duplicate', 'rejected']),
      error: z.object({ message: z.string() }).optional(),
    }),
  ),
});

/** Where an agent reports, and as whom. */
export interface ReportTarget {
  readonly gatewayUrl: string;
  /** None for a gateway that is open to its own machine. */
  readonly apiSecret?: string | undefined;
}

/** A function that reports an agent's messages to a gateway, and counts what became of them. */
export function httpReporter({ gatewayUrl, apiSecret }: ReportTarget, callSid: string, tally: AgentTally) {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...(apiSecret !== undefined && { authorization: `Bearer ${apiSecret}` }),
  };
  const url = `${gatewayUrl}/v1/calls/${encodeURIComponent(callSid)}/events`;
  return async (messages: readonly AgentMessage[]): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await post(url, headers, messages);
      if (outcome.ok) {
        count(outcome.answer, tally);
        return;
      }
      if (attempt === ATTEMPTS || !outcome.isWorthTrying) {
        tally.problem ??= outcome.problem;
        tally.rejected += messages.length;
        return;
      }
      // With the same ids: what had arrived all the same is a duplicate now.
      await sleep(PAUSE_MS * attempt);
    }
  };
}

type PostOutcome =
  | { readonly ok: true; readonly answer: z.infer<typeof answer> }
  | { readonly ok: false; readonly problem: string; readonly isWorthTrying: boolean };

async function post(
  url: string,
  headers: Record<string, string>,
  messages: readonly AgentMessage[],
): Promise<PostOutcome> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(messages),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body = answer.safeParse(parseJson(await response.text()));
    if (response.status < 500 && body.success) return { ok: true, answer: body.data };
    const problem = `the gateway answered ${response.status}`;
    return { ok: false, problem, isWorthTrying: response.status === 429 || response.status >= 500 };
  } catch (error) {
    // fetch itself says no more than that it failed.
    const cause = types.isNativeError(error) ? (error.cause ?? error) : error;
    return {
      ok: false,
      problem: reasonOf(cause),
      isWorthTrying: true,
    };
  }
}

function count({ results }: z.infer<typeof answer>, tally: AgentTally): void {
  for (const { status, error } of results) {
    tally[status] += 1;
    tally.problem ??= error?.message;
  }
}

/** `undefined` where something answers that is no gateway. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
