import { type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type GatewayStores } from '../store/open-stores.ts';

const EVERY_MS = 1_000;

/**
 * Every second tries a write while Redis refuses them, because a gateway that is not ready receives nothing that it could
 * write, and exchanges the bytes of tenants with other gateways.
 */
export function watchRedis(
  { writes, durability, tenantBytes }: GatewayStores,
  { logger, lifecycle }: { readonly logger: Logger; readonly lifecycle: Lifecycle },
): void {
  let isUnderWay = false;
  let isLogged = false;

  const tryWrite = async (): Promise<void> => {
    try {
      await durability.tryWrite();
      writes.onAnswered();
    } catch (error) {
      writes.onStalled(error);
    }
  };
  const look = async (): Promise<void> => {
    if (writes.isInDoubt) await tryWrite();
    await tenantBytes.exchange();
  };
  // A lost connection is logged elsewhere; an error reply means that the user lacks a right, and it stays so.
  const onError = (err: unknown): void => {
    if (isLogged || !(err instanceof Error && err.name === 'ReplyError')) return;
    isLogged = true;
    logger.warn(
      { event: 'tenant_bytes_not_shared', err },
      'Redis does not count the bytes of tenants; their limits apply to each gateway separately',
    );
  };
  const timer = setInterval(() => {
    if (isUnderWay) return;
    isUnderWay = true;
    look()
      .catch(onError)
      .finally(() => (isUnderWay = false));
  }, EVERY_MS);
  lifecycle.onStop('watch', () => clearInterval(timer));
}
