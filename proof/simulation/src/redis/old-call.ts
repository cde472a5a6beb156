import { callId, createEvent, encodeEvent, type CallKey } from '@turnlog/call-events';
import { newHead } from './append.ts';
import { type RedisModel } from './redis-model.ts';

/** A call that an older version has written, without a limit. */
export interface OldCall {
  readonly call: CallKey;
  readonly atMs: number;
  readonly turns: number;
  /** Of each turn. */
  readonly textBytes: number;
}

/** Puts it into Redis, finished and not persisted. Returns the ids of its events. */
export function plantOldCall(redis: RedisModel, { call, turns, textBytes }: OldCall): string[] {
  const stored = redis.call(call);
  const connectionId = `${call.callSid}-old`;
  const origin = (id: string) => ({ call, source: connectionId, atMs: Math.floor(redis.now()), id });
  const text = '.'.repeat(textBytes);
  const events = [
    createEvent('call.started', { connectionId }, origin(`${connectionId}-start`)),
    ...Array.from({ length: turns }, (_, number) =>
      createEvent('turn.completed', { speaker: 'user', text }, origin(`${connectionId}-${number}`)),
    ),
    createEvent('call.ended', { connectionId, reason: 'callended' }, origin(`${connectionId}-end`)),
  ];
  stored.log = events.map((event) => encodeEvent(event));
  stored.head = { ...newHead(), epoch: `${redis.now().toFixed(3)}-old`, seq: events.length, open: 0 };
  stored.head.connections.set(connectionId, 'closed');
  const entry = { c: callId(call), s: String(events.length) };
  redis.addToFeed(call, 'activity', entry);
  redis.addToFeed(call, 'persist', { ...entry, r: 'closed' });
  for (const { id } of events) redis.onAppended(call, id);
  return events.map(({ id }) => id);
}
