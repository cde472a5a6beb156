import { callId, type CallKey } from '@turnlog/call-events';
import { createCommandClient, untilReady } from '@turnlog/redis-kit';
import { DEFAULT_KEY_SPACE, subscribeToChanges } from '@turnlog/call-log';

/** Subscribes to the session service's changes for live views. */
export interface LiveView {
  /** Resolves when live views received the call's event. Call it before the event is sent. */
  untilSeen(call: CallKey, seq: number): Promise<void>;
  close(): void;
}

export async function openLiveView(redisUrl: string): Promise<LiveView> {
  const waiting = new Map<string, () => void>();
  const keyOf = (call: CallKey, seq: number): string => `${callId(call)}/${seq}`;

  const redis = createCommandClient({ url: redisUrl, name: 'bench-live-view', onError: console.error });
  await untilReady(redis);
  await subscribeToChanges(redis, DEFAULT_KEY_SPACE, ({ call, events }) => {
    for (const { seq } of events) {
      const key = keyOf(call, seq);
      waiting.get(key)?.();
      waiting.delete(key);
    }
  });
  return {
    untilSeen: (call, seq) => new Promise((resolve) => waiting.set(keyOf(call, seq), resolve)),
    close: () => redis.disconnect(),
  };
}
