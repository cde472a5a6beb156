import { type CallKey } from '@turnlog/call-events';

/** The call that a feed or a sorted set names: `tenant/callSid`. */
export function callOf(member: string): CallKey {
  const slash = member.indexOf('/');
  return { tenant: member.slice(0, slash), callSid: member.slice(slash + 1) };
}
