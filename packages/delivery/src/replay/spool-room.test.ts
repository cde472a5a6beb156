import { expect, test } from '@jest/globals';
import { callOf, ended, eventOf, turn, type AnyEventData } from '@turnlog/call-events/testing';
import { toNewEvent, type NewEvent } from '@turnlog/call-log';
import { SpoolRoom } from './spool-room.ts';

const newEvent = (callSid: string, data: AnyEventData): NewEvent =>
  toNewEvent(eventOf(data, { call: callOf(callSid), sourceSeq: 1 }), { rememberId: false });

test('of one call as much as its log may hold waits in the spool, and its end; other calls have room of their own', async () => {
  const said = newEvent('CA1', turn('नमस्ते'));
  let isFailing = false;
  const released: number[] = [];
  const store = new SpoolRoom(2 * said.bytes).bound(() =>
    Promise.resolve(isFailing ? undefined : { release: (events: number) => void released.push(events) }),
  );
  isFailing = true;
  expect(await store([said, said])).toBeUndefined();
  isFailing = false;

  const hold = await store([said, said]);
  expect(hold).toBeDefined();
  expect(await store([said])).toBeUndefined();
  expect(await store([said, newEvent('CA1', ended('c'))])).toBeDefined();
  expect(await store([newEvent('CA2', turn('नमस्ते'))])).toBeDefined();

  hold?.release(1);
  expect(await store([said])).toBeUndefined();
  hold?.release(1);
  expect(released).toEqual([1, 1]);
});
