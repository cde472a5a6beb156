import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { changesChannel, type KeySpace } from '../keys.ts';
import { type LogEntry } from '../read/joined-entries.ts';

/** A change of a call, for live views. It may be missed: the log is authoritative. */
export interface CallChange {
  readonly call: CallKey;
  /** The encoded events, in the order of the log. */
  readonly events: readonly LogEntry[];
}

/** Publishes a change for live views. */
export async function publishChange(redis: Redis, space: KeySpace, change: CallChange): Promise<void> {
  await redis.publish(changesChannel(space), JSON.stringify(change));
}

/** Subscribes to changes on a connection of its own, which accepts no other command from then on. */
export async function subscribeToChanges(
  redis: Redis,
  space: KeySpace,
  onChange: (change: CallChange) => void,
): Promise<void> {
  redis.on('message', (_channel: string, message: string) => onChange(JSON.parse(message) as CallChange));
  await redis.subscribe(changesChannel(space));
}
