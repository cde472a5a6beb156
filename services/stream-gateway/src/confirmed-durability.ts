import { findBarrier, type Barrier, type Durability, type KeySpace } from '@turnlog/call-log';
import { type Redis } from 'ioredis';
import { type GatewayConfig } from './config.ts';

/** Whether the server keeps the promise of DURABILITY. Until that is known nothing is appended. */
export interface ConfirmedDurability {
  readonly isConfirmed: boolean;
  /** Asks the server; rejects with what to do when it can't keep the promise. */
  confirm(): Promise<void>;
  /** For the appender; throws before it is known. */
  barrier(): Barrier | undefined;
}

/** The durability that the settings ask for. */
export function durabilityOf(config: GatewayConfig): Durability {
  const { DURABILITY: level, DURABILITY_REPLICAS: replicas, DURABILITY_TIMEOUT_MS: timeoutMs } = config;
  return level === 'redis'
    ? { level }
    : level === 'disk'
      ? { level, timeoutMs }
      : { level, replicas, timeoutMs };
}

/** A promise to be confirmed when Redis is there. The one of `redis` needs no confirmation. */
export function createDurability(redis: Redis, space: KeySpace, durability: Durability): ConfirmedDurability {
  let isConfirmed = durability.level === 'redis';
  let barrier: Barrier | undefined;
  return {
    get isConfirmed() {
      return isConfirmed;
    },
    confirm: async () => {
      barrier = await findBarrier(redis, space, durability);
      isConfirmed = true;
    },
    barrier: () => {
      if (!isConfirmed) throw new Error('it is not known yet whether Redis keeps the promise of DURABILITY');
      return barrier;
    },
  };
}
