import { type TenantStore } from '@turnlog/call-store';
import { describeError, sleep, type Logger } from '@turnlog/service-kit';
import { type TenantCopy } from '@turnlog/tenants';

const RETRY_MS = 2_000;

export interface TenantMirrorOptions {
  readonly store: Pick<TenantStore, 'list'>;
  readonly copy: Pick<TenantCopy, 'write'>;
  readonly everyMs: number;
  readonly logger: Logger;
}

/** Copies the tenants from Postgres to Redis again and again. */
export interface TenantMirror {
  /** Copies them now: Redis is there again, and may have come back empty. */
  now(): void;
  stop(): Promise<void>;
}

/** Starts at once. Where either server is away it tries again soon; it tells once that it can't, and once that it can. */
export function startTenantMirror({ store, copy, everyMs, logger }: TenantMirrorOptions): TenantMirror {
  const stopping = new AbortController();
  let wake = new AbortController();
  let isFailing = false;

  const mirror = async (): Promise<void> => {
    try {
      await copy.write(await store.list());
      if (isFailing) logger.info('tenants are copied to Redis again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn({ error: describeError(error).message }, 'tenants are not copied to Redis');
      isFailing = true;
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      await mirror();
      const pauseMs = isFailing ? Math.min(RETRY_MS, everyMs) : everyMs;
      await sleep(pauseMs, AbortSignal.any([wake.signal, stopping.signal]));
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
