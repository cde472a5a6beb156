import { runLoop, type Lifecycle, type Logger } from '@turnlog/service-kit';
import { isLoopback, type TenantDirectory } from '@turnlog/tenants';

const RELOAD_EVERY_MS = 2_000;

/** What keeps the tenant directory up to date. */
export interface TenantRefreshOptions {
  readonly directory: TenantDirectory;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  /** The address that the gateway listens on. */
  readonly host: string;
  /** Receives a function that reloads the directory at once. */
  readonly wake: (reloadNow: () => void) => void;
}

/** Keeps the directory up to date. While Redis is unavailable the tenants stay known. */
export function refreshTenants({ directory, logger, lifecycle, host, wake }: TenantRefreshOptions): void {
  let servesOthers = true;
  runLoop({
    name: 'tenants',
    lifecycle,
    everyMs: RELOAD_EVERY_MS,
    task: async () => {
      await directory.reload();
      const hasTenant = !directory.isEmpty;
      if (isLoopback(host) || servesOthers === hasTenant) return;
      servesOthers = hasTenant;
      if (servesOthers)
        logger.info(
          { event: 'serving_other_machines', host },
          'a tenant exists; requests of other machines are served',
        );
      else
        logger.warn(
          { event: 'serving_this_machine_only', host, todo: 'turnlog tenants add <name>' },
          'no tenant exists; only requests of this machine are served',
        );
    },
    onError: (err) => logger.debug({ event: 'tenants_not_read', err }, 'tenants could not be read'),
    wake,
  });
}
