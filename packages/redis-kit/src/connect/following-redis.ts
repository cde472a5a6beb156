import { type RedisOptions } from 'ioredis';
import { ClosableRedis } from './closable-redis.ts';

/**
 * A client that follows the primary of Sentinels until it is closed. By itself ioredis ends for good when it hears of another
 * primary at the very moment at which it looks for one.
 */
export class FollowingRedis extends ClosableRedis {
  #isClosed = false;

  constructor(options: RedisOptions & { readonly replyMapping?: 'legacy' }) {
    super(options);
    this.on('end', () => {
      // What becomes of it is told by its events.
      if (!this.#isClosed) this.connect().catch(() => undefined);
    });
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) this.#isClosed = true;
    super.disconnect(reconnect);
  }
}
