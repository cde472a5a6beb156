import { callSid } from '@turnlog/call-events';
import { namesNothing } from '@turnlog/exotel';

/** The call that an agent reports on, or why it can't be one. */
export type AgentCallSid =
  { readonly ok: true; readonly callSid: string } | { readonly ok: false; readonly reason: string };

/** Reads the id of a call as it stands in a path. */
export function agentCallSid(given: string | undefined): AgentCallSid {
  const sid = callSid.safeParse(given);
  if (!sid.success) return { ok: false, reason: sid.error.issues[0]?.message ?? 'it is not a call sid' };
  if (!namesNothing(sid.data)) return { ok: true, callSid: sid.data };
  return {
    ok: false,
    reason: `"${sid.data}" stands where the call sid was missing; send the id of the call`,
  };
}
