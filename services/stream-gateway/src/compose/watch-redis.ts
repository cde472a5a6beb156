import { type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type GatewayStores } from '../store/open-stores.ts';

const EVERY_MS = 1_000;

/**
 * Looks after what is known of Redis while nothing else does: a gateway that is not ready is sent nothing by which it would
 * notice that Redis takes events again, so a little is written; and gateways tell each other what tenants have brought.
 */
export function watchRedis(
  { writes, durability, tenantBytes }: Pick<GatewayStores, 'writes' | 'durability' | 'tenantBytes'>,
  { logger, lifecycle }: { readonly logger: Logger; readonly lifecycle: Lifecycle },
): void {
  let isUnderWay = false;
  let isTold = false;

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
  const timer = setInterval(() => {
    if (isUnderWay) return;
    isUnderWay = true;
    look()
      .catch((err: unknown) => {
        // One that is away is told of elsewhere; one that refuses it lacks a right of the user, and will go on to.
        if (!isTold && err instanceof Error && err.name === 'ReplyError')
          logger.warn(
            { event: 'tenant_bytes_not_shared', err },
            'Redis does not count the bytes of tenants; their limits apply to each gateway separately',
          );
        isTold ||= err instanceof Error && err.name === 'ReplyError';
      })
      .finally(() => (isUnderWay = false));
  }, EVERY_MS);
  lifecycle.onStop('watch', () => clearInterval(timer));
}
