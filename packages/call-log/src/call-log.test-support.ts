import {
  createEvent,
  type CallKey,
  type EventData,
  type EventType,
  type KnownEvent,
} from '@turnlog/call-events';
import { testKeyPrefix, testRedisUrl } from '@turnlog/test-kit';
import { createAppender } from './append/appender.ts';
import { type AppendRequest } from './append/append-request.ts';
import { toNewEvent } from './append/new-event.ts';
import { type KeySpace } from './keys.ts';
import { createBlockingClient, createCommandClient, untilReady } from '@turnlog/redis-kit';

/** A key space of the test's own, on the Redis of the test run. */
export async function openTestLog({ url = testRedisUrl(), partitions = 2, maxEvents = 1_000 } = {}) {
  const errors: Error[] = [];
  const client = { url, name: 'test', onError: (error: Error) => void errors.push(error) };
  const redis = createCommandClient(client);
  await untilReady(redis);
  const space: KeySpace = { prefix: testKeyPrefix(), partitions };
  return {
    redis,
    space,
    errors,
    appender: createAppender(redis, space, { maxEvents }),
    blocking: (blockMs: number) => createBlockingClient({ ...client, blockMs }),
    close: () => redis.disconnect(),
  };
}

/** Any moment will do. */
export const T0 = Date.UTC(2026, 0, 25, 11, 15, 0);

/** A call of the default tenant. */
export function callOf(callSid: string): CallKey {
  return { tenant: 'default', callSid };
}

/** An ordered request of one connection: events numbered from `firstSourceSeq` on. */
export function ordered(
  call: CallKey,
  source: string,
  firstSourceSeq: number,
  data: readonly AnyEventData[],
): AppendRequest {
  const events = data.map((each, index) =>
    toNewEvent(toEvent(call, each, { source, sourceSeq: firstSourceSeq + index }), { rememberId: false }),
  );
  return { call, mode: 'ordered', events };
}

/** An unordered request: events known by their ids. */
export function unordered(
  call: CallKey,
  ...data: readonly (readonly [id: string, ...AnyEventData])[]
): AppendRequest {
  const events = data.map(([id, ...each]) =>
    toNewEvent(toEvent(call, each, { source: 'http:test', id }), { rememberId: true }),
  );
  return { call, mode: 'unordered', events };
}

/** A type and data that go with it. */
export type AnyEventData = { [T in EventType]: readonly [type: T, data: EventData<T>] }[EventType];

/** A turn of the caller. */
export function turn(text: string): AnyEventData {
  return ['turn.completed', { speaker: 'user', text }];
}

function toEvent(
  call: CallKey,
  [type, data]: AnyEventData,
  origin: { source: string; sourceSeq?: number; id?: string },
): KnownEvent {
  return createEvent(type, data, { call, atMs: T0, ...origin }) as KnownEvent;
}
