import { serverTimeMs } from '@turnlog/redis-kit';
import { type Redis } from 'ioredis';
import { replicasKey, type FeedName, type KeySpace } from '../keys.ts';

const SILENT_AFTER_MS = 60_000;
/** After this time a silent replica is taken to be removed for good. */
const FORGOTTEN_AFTER_MS = 600_000;

/** The logger of a replica watch. */
export interface ReplicaLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Options of a replica watch. */
export interface ReplicaWatchOptions {
  readonly redis: Redis;
  readonly space: KeySpace;
  /** The feed that the replicas read. */
  readonly feed: FeedName;
  /** The name of this replica. */
  readonly consumer: string;
  readonly logger: ReplicaLogger;
  /** A minute by default. */
  readonly silentAfterMs?: number;
}

/**
 * Replicas of a service watch each other: each one reports to Redis that it is alive. One that stops without
 * leaving is logged once by all others, and so is its return.
 */
export class ReplicaWatch {
  readonly #options: ReplicaWatchOptions;
  readonly #key: string;
  #silent = new Set<string>();

  constructor(options: ReplicaWatchOptions) {
    this.#options = options;
    this.#key = replicasKey(options.space, options.feed);
  }

  /** Reports this replica, and looks at the others. Rejects without Redis. */
  async check(): Promise<void> {
    const { redis, consumer, silentAfterMs = SILENT_AFTER_MS } = this.#options;
    const nowMs = await serverTimeMs(redis);
    const reports = await redis.zrange(this.#key, '0', '-1', 'WITHSCORES');
    await redis.zadd(this.#key, nowMs, consumer);
    const silent = new Set<string>();
    const alive = new Set<string>();
    for (let index = 0; index < reports.length; index += 2) {
      const [name = '', reportedAtMs] = reports.slice(index, index + 2);
      const silentMs = nowMs - Number(reportedAtMs);
      if (silentMs < silentAfterMs) alive.add(name);
      else if (silentMs < FORGOTTEN_AFTER_MS || name === consumer) silent.add(name);
      else await redis.zrem(this.#key, name);
    }
    // After an outage of Redis none has reported for a while: the others have until the next check.
    if (silent.has(consumer)) return;
    this.#log(silent, alive);
    this.#silent = silent;
  }

  /** This replica stops in order. Without Redis the others log it as lost. */
  async leave(): Promise<void> {
    await this.#options.redis.zrem(this.#key, this.#options.consumer).catch(() => undefined);
  }

  #log(silent: ReadonlySet<string>, alive: ReadonlySet<string>): void {
    const { feed, logger } = this.#options;
    for (const consumer of silent) {
      if (this.#silent.has(consumer)) continue;
      logger.warn({ event: 'replica_lost', feed, consumer }, 'a replica is gone; the others do its work');
    }
    for (const consumer of this.#silent) {
      if (!alive.has(consumer)) continue;
      logger.info({ event: 'replica_back', feed, consumer }, 'a replica is back');
    }
  }
}
