import { type TenantStore } from '@turnlog/call-store';
import { describeError, eventLog, runLoop, type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type TenantCopy } from '@turnlog/tenants';

const EVENTS = {
  tenant_copy_failed: ['warn', 'tenants could not be copied to Redis'],
  tenant_copy_recovered: ['info', 'tenants are copied to Redis again'],
} as const;

const RETRY_MS = 2_000;

interface TenantMirrorOptions {
  readonly store: Pick<TenantStore, 'list'>;
  readonly copy: Pick<TenantCopy, 'write'>;
  readonly everyMs: number;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  /** Receives a function that copies them at once, for when Redis is connected again, perhaps without data. */
  readonly wake: (copyNow: () => void) => void;
}

/** Copies the tenants from Postgres to Redis again and again. A failure is logged once, and so is the next success. */
export function mirrorTenants({ store, copy, everyMs, logger, lifecycle, wake }: TenantMirrorOptions): void {
  const log = eventLog(logger, EVENTS);
  const retryMs = Math.min(RETRY_MS, everyMs);
  runLoop({
    name: 'tenant mirror',
    lifecycle,
    everyMs,
    task: async () => copy.write(await store.list()),
    onError: (error, failures) => {
      if (failures === 1) log('tenant_copy_failed', { error: describeError(error).message });
    },
    onRecovered: () => log('tenant_copy_recovered'),
    retry: { minMs: retryMs, maxMs: retryMs },
    wake,
  });
}
