import { findBarrier, tryWrite, type Durability, type KeySpace } from '@turnlog/call-log';
import { type Barrier } from '@turnlog/redis-kit';
import { type Redis } from 'ioredis';
import { type GatewayConfig } from '../config.ts';

/** A server that flushes every second begins a second after the last flush, and takes its time for it. */
const DISK_TIMEOUT_MS = 4_000;
const REPLICA_TIMEOUT_MS = 1_000;

/** Whether the server keeps the promise of DURABILITY. Until that is known nothing is appended. */
export interface ConfirmedDurability {
  readonly isConfirmed: boolean;
  /** Asks the server; rejects with what to do when it can't keep the promise. */
  confirm(): Promise<void>;
  /** Writes a little, as durably as an append is; rejects where that does not work. */
  tryWrite(): Promise<void>;
  /** For the appender; throws before it is known. */
  barrier(): Barrier | undefined;
}

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
    tryWrite: () => tryWrite(redis, space, barrier),
    barrier: () => {
      if (!isConfirmed) throw new Error('it is not known yet whether Redis keeps the promise of DURABILITY');
      return barrier;
    },
  };
}
