import { createEvent, type EventData, type KnownEvent } from '@turnlog/call-events';
import { createAppender, toNewEvent } from '@turnlog/call-log';
import { type World } from '../world/world.ts';
import { PROBE_MESSAGE, untilRecorded } from './until-recorded.ts';

/**
 * Appends a call to the log directly, without a gateway, and waits until the session service and the
 * persister have folded and recorded it. Resolves to the seconds that took; throws if it takes too long.
 */
export async function measureReaders(world: World, callSid: string): Promise<number> {
  const startedAtMs = performance.now();
  const { ledger, redisEye, space } = world;
  const call = { tenant: 'default', callSid };
  const timestamp = Date.now();
  const turn = ledger.sent(callSid, { ...PROBE_MESSAGE, timestamp });
  const origin = (sourceSeq: number) => ({ call, source: callSid, sourceSeq, atMs: timestamp });
  const events: KnownEvent[] = [
    createEvent('call.started', { connectionId: callSid }, origin(1)),
    createEvent('turn.completed', PROBE_MESSAGE['turn'] as EventData<'turn.completed'>, {
      ...origin(2),
      id: turn.id,
    }),
    createEvent('call.ended', { connectionId: callSid, reason: 'callended' }, origin(3)),
  ];
  const { outcome } = await createAppender(redisEye, space, { maxEvents: events.length }).append({
    call,
    events: events.map((event) => toNewEvent(event, { rememberId: false })),
    mode: 'ordered',
  });
  if (outcome !== 'ok') throw new Error(`${callSid} was not put into the log: ${outcome}`);
  const seconds = await untilRecorded(world, callSid, startedAtMs);
  ledger.acknowledged(callSid, turn);
  ledger.lineEnded(callSid, 'hung-up');
  return seconds;
}
