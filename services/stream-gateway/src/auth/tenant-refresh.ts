import { sleep, type Logger } from '@turnlog/service-kit';
import { isLoopback, type TenantDirectory } from '@turnlog/tenants';

const RELOAD_EVERY_MS = 2_000;
const ONLY_THIS_MACHINE = 'no tenant exists: only requests of this machine are served';

export interface TenantRefreshOptions {
  readonly directory: TenantDirectory;
  readonly logger: Logger;
  /** The address that the gateway listens on. */
  readonly host: string;
}

/** Keeps the directory up to date. While Redis is unavailable it stays as it is; the connection's own log says so. */
export function startTenantRefresh({ directory, logger, host }: TenantRefreshOptions): TenantRefresh {
  const stopping = new AbortController();
  let wake = new AbortController();
  let servesOthers = true;

  const look = async (): Promise<void> => {
    try {
      await directory.reload();
    } catch (err) {
      logger.debug({ err }, 'tenants could not be read');
      return;
    }
    const hasTenant = !directory.isEmpty;
    if (isLoopback(host) || servesOthers === hasTenant) return;
    servesOthers = hasTenant;
    if (servesOthers) logger.info({ host }, 'a tenant exists: requests of other machines are served');
    else logger.warn({ host, todo: 'turnlog tenants add <name>' }, ONLY_THIS_MACHINE);
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
