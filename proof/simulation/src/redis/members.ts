import { type CallKey } from '@turnlog/call-events';

/** The call of a member of a feed or a sorted set: `tenant/callSid`. */
export function callOf(member: string): CallKey {
  const slash = member.indexOf('/');
  return { tenant: member.slice(0, slash), callSid: member.slice(slash + 1) };
}
