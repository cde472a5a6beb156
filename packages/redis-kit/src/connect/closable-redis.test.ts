import { expect, test } from '@jest/globals';
import { waitUntil } from '@turnlog/test-kit';
import { createCommandClient } from './clients.ts';

/** A port on which nothing listens. */
const NOBODY = 'redis://127.0.0.1:1';

test('a client that is closed while Redis is away leaves nothing that the process would wait for', async () => {
  const redis = createCommandClient({ url: NOBODY, name: 'test', onError: () => undefined });
  await waitUntil(() => redis.status === 'reconnecting', { what: 'the first attempt has failed' });
  const before = timers();
  redis.disconnect();
  // That of the next attempt is gone, and no other has come.
  expect(timers()).toBe(before - 1);
});

/** How many timers keep the process from ending. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
