import { type CallKey, type KnownEvent } from '@turnlog/call-events';
import { turn } from './sample-call.ts';

/** The events of one call, one turn after another, from one ordered source. */
export type Turns = readonly KnownEvent[];

/** This many turns of a call. */
export function turnsOf(callSid: string, count: number): Turns {
  const call = { tenant: 'default', callSid };
  return Array.from({ length: count }, (_, index) =>
    turn(index + 1, { call, source: `c-${callSid}`, sourceSeq: index + 1, atMs: Date.now() }),
  );
}

/** The call of these turns. */
export function callOf(turns: Turns): CallKey {
  const { tenant = '', callSid = '' } = turns[0] ?? {};
  return { tenant, callSid };
}
