import { type CallState } from '../fold/call-state.ts';

/** Reports over HTTP have such a source; others came over the agent's own connection. */
const OVER_HTTP = /^http:/;

/** The connection of a call over HTTP alone, whose end the agent reports. */
const HTTP_CONNECTION = 'http';

/**
 * Whether the call had an agent on its connection: audio or a report of it arrived, or it hung up. False if the gateway
 * could not reach it; `undefined` if neither is known, as for a call without an agent's address.
 */
export function wasAgentReached(state: CallState): boolean | undefined {
  if (hasSpoken(state) || hasReported(state)) return true;
  return state.isAgentUnreachable ? false : undefined;
}

function hasSpoken({ connections }: CallState): boolean {
  return Object.entries(connections).some(
    ([id, { audio, end }]) =>
      (audio?.value.outboundBytes ?? 0) > 0 || (end?.value === 'agent_hung_up' && id !== HTTP_CONNECTION),
  );
}

function hasReported({ turns, stages, outcomes, toolCalls, objections, consents }: CallState): boolean {
  return [turns, stages, outcomes, toolCalls, objections, consents].some((reports) =>
    reports.toArray().some(({ source }) => !OVER_HTTP.test(source)),
  );
}
