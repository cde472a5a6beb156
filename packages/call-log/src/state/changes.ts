import { type CallKey } from '@turnlog/call-events';
import { type Redis } from 'ioredis';
import { changesChannel, type KeySpace } from '../keys.ts';

/** What changed in a call, as live views are told. It may be missed: the log is the truth. */
export interface CallChange {
  readonly call: CallKey;
  /** The encoded events, in the order of the log. */
  readonly events: readonly { readonly seq: number; readonly text: string }[];
}

/** Tells live views of a change. */
export async function publishChange(redis: Redis, space: KeySpace, change: CallChange): Promise<void> {
  await redis.publish(changesChannel(space), JSON.stringify(change));
}

/** Listens for changes on a connection of its own, which takes no other command from then on. */
export async function subscribeToChanges(
  redis: Redis,
  space: KeySpace,
  onChange: (change: CallChange) => void,
): Promise<void> {
  redis.on('message', (_channel: string, message: string) => onChange(JSON.parse(message) as CallChange));
  await redis.subscribe(changesChannel(space));
}
