import { describeError, type Logger } from '@turnlog/service-kit';

/** Tells once that a Redis connection is lost, and once that it is back, however often it is tried meanwhile. */
export function createConnectionLog(logger: Logger, connection: string) {
  let isLost = false;
  return {
    onError: (error: Error): void => {
      if (!isLost) logger.warn({ connection, error: describeError(error).message }, 'Redis connection lost');
      isLost = true;
    },
    onReady: (): void => {
      if (isLost) logger.info({ connection }, 'Redis connection is back');
      isLost = false;
    },
  };
}
