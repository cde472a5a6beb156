import { describeError, sleep, type Logger } from '@turnlog/service-kit';
import { type Redis } from 'ioredis';

/** How often memory is measured: often when it may soon be short, as a busy system writes 100 MB in a second. */
const POLL_MS = { farFromIt: 1_000, nearIt: 200, forbidden: 60_000 };
const NEAR_SHARE = 0.7;
/** Memory that is short stays so down to this part of the limit, so that the state does not change all the time. */
const ENOUGH_AGAIN = 0.97;

/** Events are not appended while memory is short: they wait, as for a Redis that accepts no writes. */
class MemoryShortError extends Error {
  override readonly name = 'MemoryShortError';
}

export interface RedisMemoryOptions {
  readonly redis: Pick<Redis, 'info'>;
  /** The share of `maxmemory` from which on it is short. */
  readonly maxShare: number;
  readonly logger: Logger;
}

/**
 * How full Redis is. Above a share of its `maxmemory` the gateway appends nothing more, so that those who free memory have
 * room to write what that takes. Without a `maxmemory` it is never short.
 */
export class RedisMemory {
  readonly #options: RedisMemoryOptions;
  #usedBytes = 0;
  #maxBytes = 0;
  #isShort = false;
  #isForbidden = false;

  constructor(options: RedisMemoryOptions) {
    this.#options = options;
  }

  get isShort(): boolean {
    return this.#isShort;
  }

  /** The limit of the server's memory in bytes; 0 if it has none, or if it is unknown. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** How much of its memory Redis uses, from 0 to 1 and a little above; 0 where there is no limit. */
  get share(): number {
    return this.#maxBytes === 0 ? 0 : this.#usedBytes / this.#maxBytes;
  }

  /** Adds bytes that were written here since the last measurement. */
  noteWritten(bytes: number): void {
    this.#usedBytes += bytes;
    this.#judge();
  }

  /** Throws {@link MemoryShortError} while memory is short. */
  assertEnough(): void {
    if (!this.#isShort) return;
    const percent = (this.share * 100).toFixed(0);
    throw new MemoryShortError(
      `Redis uses ${percent} % of its maxmemory, above MAX_MEMORY_SHARE: events wait until it is drained`,
    );
  }

  /** Measures until the signal aborts. Never rejects. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(this.#pauseMs(), signal);
    }
  }

  /** Measures once. While Redis is unavailable, the last state remains. */
  async look(): Promise<void> {
    try {
      this.#read(await this.#options.redis.info('memory'));
    } catch (error) {
      if (error instanceof Error && error.name === 'ReplyError') this.#forbid(error);
    }
  }

  #read(info: string): void {
    const numberOf = (field: string): number =>
      Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    // What Redis itself leaves out when it compares: buffers of replicas and of the append-only file.
    this.#usedBytes = numberOf('used_memory') - numberOf('mem_not_counted_for_evict');
    this.#maxBytes = numberOf('maxmemory');
    if (this.#isForbidden)
      this.#options.logger.info(
        { event: 'redis_memory_known' },
        'the memory use of Redis is known; MAX_MEMORY_SHARE applies',
      );
    this.#isForbidden = false;
    this.#judge();
  }

  #judge(): void {
    const { maxShare, logger } = this.#options;
    const wasShort = this.#isShort;
    this.#isShort = this.share >= (wasShort ? maxShare * ENOUGH_AGAIN : maxShare);
    if (this.#isShort === wasShort) return;
    const fields = { used_bytes: this.#usedBytes, maxmemory_bytes: this.#maxBytes };
    if (this.#isShort)
      logger.error(
        { event: 'redis_nearly_full', ...fields },
        'Redis is above MAX_MEMORY_SHARE; no events are appended until it is drained',
      );
    else logger.info({ event: 'redis_has_room', ...fields }, 'Redis has room again; events are appended');
  }

  #forbid(error: Error): void {
    this.#maxBytes = 0;
    this.#judge();
    if (this.#isForbidden) return;
    this.#isForbidden = true;
    const reason = describeError(error).message;
    this.#options.logger.warn(
      { event: 'redis_memory_unknown', error: reason },
      'the memory use of Redis is unknown (the user needs +info); MAX_MEMORY_SHARE does not apply',
    );
  }

  #pauseMs(): number {
    if (this.#isForbidden) return POLL_MS.forbidden;
    return this.share < this.#options.maxShare * NEAR_SHARE ? POLL_MS.farFromIt : POLL_MS.nearIt;
  }
}
