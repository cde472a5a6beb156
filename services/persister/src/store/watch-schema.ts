import { type CallStore } from '@turnlog/call-store';
import { backoffDelayMs, sleep } from '@turnlog/service-kit';
import { toDatabaseTrouble, type DatabaseWatch } from './database-watch.ts';

const BACKOFF = { minMs: 500, maxMs: 10_000 };

/**
 * Looks at a start whether Postgres is there and migrated, and says so when it is not, before the first call comes. It
 * goes on looking until all is well, or a write has shown that it is.
 */
export async function watchSchema(
  store: Pick<CallStore, 'assertMigrated'>,
  watch: DatabaseWatch,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const succeeded = watch.began();
    try {
      await store.assertMigrated();
      succeeded();
      return;
    } catch (error) {
      watch.failed(toDatabaseTrouble(error));
    }
    await sleep(backoffDelayMs(attempt, BACKOFF), signal);
    if (watch.state() === 'up') return;
  }
}
