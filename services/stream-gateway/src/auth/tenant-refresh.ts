import { sleep, type Logger } from '@turnlog/service-kit';
import { type TenantDirectory } from '@turnlog/tenants';

const RELOAD_EVERY_MS = 2_000;

export interface TenantRefreshOptions {
  readonly directory: TenantDirectory;
  readonly logger: Logger;
  /** Told after each look, so also when nothing has changed. */
  readonly onLoaded: () => void | Promise<void>;
}

/** Keeps the directory up to date. While Redis is away it stays as it is, which the connection's own log tells of. */
export function startTenantRefresh({ directory, logger, onLoaded }: TenantRefreshOptions): TenantRefresh {
  const stopping = new AbortController();
  let wake = new AbortController();

  const look = async (): Promise<void> => {
    try {
      await directory.reload();
    } catch (err) {
      logger.debug({ err }, 'tenants could not be read');
      return;
    }
    await onLoaded();
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      await look();
      await sleep(RELOAD_EVERY_MS, AbortSignal.any([wake.signal, stopping.signal]));
    }
  };

  const running = run();
  return {
    now: () => wake.abort(),
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

export interface TenantRefresh {
  /** Looks now: Redis is there. */
  now(): void;
  stop(): Promise<void>;
}
