import { type KnownEvent } from '@turnlog/call-events';
import { createAppender, DEFAULT_KEY_SPACE, toNewEvent, type Appender } from '@turnlog/call-log';
import { type Redis } from 'ioredis';
import { type SampleCall } from './sample-call.ts';

/** The most calls that are written at once. */
const CALLS_AT_ONCE = 128;
const EVENTS_AT_ONCE = 250;

/** Writes sample calls into their logs, as a gateway does. */
export function createCallWriter(redis: Redis) {
  const appender = createAppender(redis, DEFAULT_KEY_SPACE, { maxEvents: 1_000_000 });
  const inGroups = async (calls: readonly SampleCall[], write: (call: SampleCall) => Promise<void>) => {
    for (let start = 0; start < calls.length; start += CALLS_AT_ONCE)
      await Promise.all(calls.slice(start, start + CALLS_AT_ONCE).map(write));
  };
  return {
    /** All events but the last, which is the end: nothing requests that the call is persisted yet. */
    begin: (calls: readonly SampleCall[]) =>
      inGroups(calls, ({ call, events }) => append(appender, call, events.slice(0, -1))),
    /** The ends. */
    end: (calls: readonly SampleCall[]) =>
      inGroups(calls, ({ call, events }) => append(appender, call, events.slice(-1))),
    append: (call: SampleCall['call'], events: readonly KnownEvent[]) => append(appender, call, events),
  };
}

async function append(
  appender: Appender,
  call: SampleCall['call'],
  events: readonly KnownEvent[],
): Promise<void> {
  for (let start = 0; start < events.length; start += EVENTS_AT_ONCE) {
    const batch = events.slice(start, start + EVENTS_AT_ONCE);
    const { outcome } = await appender.append({ call, mode: 'ordered', events: batch.map(remembered) });
    if (outcome !== 'ok') throw new Error(`an append returned ${outcome}`);
  }
}

/** As in the gateway: an id that an agent chose is remembered, so that a duplicate is recognized. */
function remembered(event: KnownEvent) {
  return toNewEvent(event, { rememberId: event.id.includes(':') });
}
