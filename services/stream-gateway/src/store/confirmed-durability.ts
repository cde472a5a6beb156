import { findBarrier, tryWrite, type Durability, type KeySpace } from '@turnlog/call-log';
import { type Barrier } from '@turnlog/redis-kit';
import { type Redis } from 'ioredis';
import { type GatewayConfig } from '../config.ts';

/** Redis flushes a second after the last flush, and the flush takes time. */
const DISK_TIMEOUT_MS = 4_000;
const REPLICA_TIMEOUT_MS = 1_000;

/** The durability that the settings ask for. */
export function durabilityOf(config: GatewayConfig): Durability {
  const { DURABILITY: level, DURABILITY_REPLICAS: replicas, DURABILITY_TIMEOUT_MS } = config;
  switch (level) {
    case 'redis':
      return { level };
    case 'disk':
      return { level, timeoutMs: DURABILITY_TIMEOUT_MS ?? DISK_TIMEOUT_MS };
    case 'replica':
      return { level, replicas, timeoutMs: DURABILITY_TIMEOUT_MS ?? REPLICA_TIMEOUT_MS };
  }
}

/** Whether Redis keeps the promise of DURABILITY. Until that is confirmed nothing is appended. */
export class ConfirmedDurability {
  readonly #redis: Redis;
  readonly #space: KeySpace;
  readonly #durability: Durability;
  #isConfirmed: boolean;
  #barrier: Barrier | undefined;

  constructor(redis: Redis, space: KeySpace, durability: Durability) {
    this.#redis = redis;
    this.#space = space;
    this.#durability = durability;
    this.#isConfirmed = durability.level === 'redis';
  }

  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** Rejects, with what to do, if the server can't keep the promise. */
  async confirm(): Promise<void> {
    this.#barrier = await findBarrier(this.#redis, this.#space, this.#durability);
    this.#isConfirmed = true;
  }

  /** Writes a little, as durably as an append; rejects if that fails. */
  tryWrite(): Promise<void> {
    return tryWrite(this.#redis, this.#space, this.#barrier);
  }

  /** The barrier of each append; throws before it is confirmed. */
  get barrier(): Barrier | undefined {
    if (!this.#isConfirmed)
      throw new Error('it is not known yet whether Redis keeps the promise of DURABILITY');
    return this.#barrier;
  }
}
