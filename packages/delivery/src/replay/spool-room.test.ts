import { expect, test } from '@jest/globals';
import { createEvent } from '@turnlog/call-events';
import { toNewEvent, type NewEvent } from '@turnlog/call-log';
import { SpoolRoom } from './spool-room.ts';

const end = { connectionId: 'c', reason: 'callended' } as const;

function eventOf(callSid: string, type: 'turn.completed' | 'call.ended'): NewEvent {
  const origin = { call: { tenant: 'default', callSid }, source: 's', sourceSeq: 1, atMs: 1_000 };
  const event =
    type === 'call.ended'
      ? createEvent(type, end, origin)
      : createEvent(type, { speaker: 'user', text: 'नमस्ते' }, origin);
  return toNewEvent(event, { rememberId: false });
}

test('of one call as much as its log may hold waits in the spool, and its end; other calls have room of their own', async () => {
  const turn = eventOf('CA1', 'turn.completed');
  let isFailing = false;
  const released: number[] = [];
  const store = new SpoolRoom(2 * turn.bytes).bound(() =>
    Promise.resolve(isFailing ? undefined : { release: (events: number) => void released.push(events) }),
  );
  isFailing = true;
  expect(await store([turn, turn])).toBeUndefined();
  isFailing = false;

  const hold = await store([turn, turn]);
  expect(hold).toBeDefined();
  expect(await store([turn])).toBeUndefined();
  expect(await store([turn, eventOf('CA1', 'call.ended')])).toBeDefined();
  expect(await store([eventOf('CA2', 'turn.completed')])).toBeDefined();

  hold?.release(1);
  expect(await store([turn])).toBeUndefined();
  hold?.release(1);
  expect(released).toEqual([1, 1]);
});
