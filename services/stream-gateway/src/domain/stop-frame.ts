import { type StartedConnection } from './connection-state.ts';

/** The `stop` that an agent gets when the carrier sent none: a bot would wait for it in vain. */
export function stopFrameFor(
  { callSid, streamSid, accountSid }: StartedConnection,
  reason: string,
): { readonly data: Buffer; readonly isBinary: false; readonly role: 'other' } {
  const stop = { call_sid: callSid, account_sid: accountSid, reason };
  const text = JSON.stringify({ event: 'stop', stream_sid: streamSid, stop });
  return { data: Buffer.from(text), isBinary: false, role: 'other' };
}
