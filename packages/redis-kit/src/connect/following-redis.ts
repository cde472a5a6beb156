import { type RedisOptions } from 'ioredis';
import { ClosableRedis } from './closable-redis.ts';

/** Follows the primary of Sentinels until it is closed. ioredis ends if another one is announced while it connects. */
export class FollowingRedis extends ClosableRedis {
  #isClosed = false;

  constructor(options: RedisOptions & { readonly replyMapping?: 'legacy' }) {
    super(options);
    this.on('end', () => {
      // Its events report the result.
      if (!this.#isClosed) this.connect().catch(() => undefined);
    });
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) this.#isClosed = true;
    super.disconnect(reconnect);
  }
}
