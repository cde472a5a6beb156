import { expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { createCommandClient } from './clients.ts';

/** A port without a server. */
const NO_SERVER = 'redis://127.0.0.1:1';

test('a client that is closed while Redis is unavailable leaves nothing that keeps the process alive', async () => {
  const redis = createCommandClient({ url: NO_SERVER, name: 'test', onError: () => undefined });
  await waitUntil(() => redis.status === 'reconnecting', { what: 'the first attempt has failed' });
  const before = timers();
  redis.disconnect();
  // The timer of the next attempt is gone, and no other was started.
  expect(timers()).toBe(before - 1);
});

/** The number of timers that keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
