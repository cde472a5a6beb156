import { type TenantStore } from '@turnlog/call-store';
import { describeError, runLoop, type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type TenantCopy } from '@turnlog/tenants';

const RETRY_MS = 2_000;

/** What copying the tenants needs. */
export interface TenantMirrorOptions {
  readonly store: Pick<TenantStore, 'list'>;
  readonly copy: Pick<TenantCopy, 'write'>;
  readonly everyMs: number;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  /** Receives a function that copies them at once: Redis is connected again, and may have come back empty. */
  readonly wake: (copyNow: () => void) => void;
}

/** Copies the tenants from Postgres to Redis again and again. A failure is logged once, and so is the next success. */
export function mirrorTenants({ store, copy, everyMs, logger, lifecycle, wake }: TenantMirrorOptions): void {
  const retryMs = Math.min(RETRY_MS, everyMs);
  runLoop({
    name: 'tenant mirror',
    lifecycle,
    everyMs,
    task: async () => copy.write(await store.list()),
    onError: (error, failures) => {
      if (failures === 1)
        logger.warn(
          { event: 'tenant_copy_failed', error: describeError(error).message },
          'tenants could not be copied to Redis',
        );
    },
    onRecovered: () => logger.info({ event: 'tenant_copy_recovered' }, 'tenants are copied to Redis again'),
    retry: { minMs: retryMs, maxMs: retryMs },
    wake,
  });
}
