import { callSid } from '@turnlog/call-events';

/** The call that an agent reports on, or why it can't be one. */
export type AgentCallSid =
  { readonly ok: true; readonly callSid: string } | { readonly ok: false; readonly reason: string };

/** What programs write where they have no value: all such calls would become one. */
const NO_VALUE =
  /^(?:none|null|nil|undefined|nan|\[object \w+\]|\{\{?\s*\w*\s*\}?\}|\$\{\w*\}|%\w*%|<\w*>)$/i;

/** Reads the id of a call as it stands in a path. */
export function agentCallSid(given: string | undefined): AgentCallSid {
  const sid = callSid.safeParse(given);
  if (!sid.success) return { ok: false, reason: sid.error.issues[0]?.message ?? 'it is not a call sid' };
  if (!NO_VALUE.test(sid.data.trim())) return { ok: true, callSid: sid.data };
  return {
    ok: false,
    reason: `"${sid.data}" stands where the call sid was missing; send the id of the call`,
  };
}
