import { expect, test } from '@jest/globals';
import { createEvent } from '@turnlog/call-events';
import { toNewEvent, type Appender, type AppendRequest } from '@turnlog/call-log';
import { RedisWrites } from './redis-writes.ts';
import { storeInRedis } from '@turnlog/delivery';

const CALL = { tenant: 'default', callSid: 'CA1' };
const DEADLINE_MS = 100;

function request(): AppendRequest {
  const data = { speaker: 'user', text: 'word' } as const;
  const event = createEvent('turn.completed', data, { call: CALL, source: 's', atMs: 1_000 });
  return { call: CALL, events: [toNewEvent(event, { rememberId: true })], mode: 'unordered' };
}

function refusing(message: string): Appender {
  return { append: () => Promise.reject(Object.assign(new Error(message), { name: 'ReplyError' })) };
}

test('a report that could not be stored is shown at once, without the grace period of calls', async () => {
  const writes = new RedisWrites();
  const store = storeInRedis(refusing('NOREPLICAS Not enough good replicas to write.'), writes);
  const stored = await store(request(), AbortSignal.timeout(DEADLINE_MS));
  expect([stored.where, writes.isStalled]).toEqual(['unknown', true]);
});

test('a call that can not be stored does not affect readiness', async () => {
  const writes = new RedisWrites();
  const store = storeInRedis(refusing('WRONGTYPE Operation against a key of another kind'), writes);
  const stored = await store(request(), AbortSignal.timeout(DEADLINE_MS));
  expect([stored.where, writes.isStalled, writes.isInDoubt]).toEqual(['unknown', false, false]);
});
