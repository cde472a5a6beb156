import { type ServiceKind } from '@turnlog/local-stack';
import { type Environment } from '@turnlog/service-kit';
import { type BreakableRedisOptions } from '../servers/breakable-server.ts';

/** The shape of a scenario's system. */
export interface StackShape {
  readonly gateways?: number;
  readonly sessions?: number;
  readonly persisters?: number;
  readonly redis?: BreakableRedisOptions;
  /** Whether Redis has a replica that takes over, and services find it by a Sentinel. */
  readonly hasReplica?: boolean;
  /** Whether Redis has a replica that takes over behind the proxy, which keeps the connections of clients. */
  readonly hasStandby?: boolean;
  /** Whether gateways have a disk for a spool. */
  readonly hasSpool?: boolean;
  /** Whether each service has its own Redis user and Postgres role, with only the rights that it needs. */
  readonly hasOwnUsers?: boolean;
  /** Whether there is a separate file system for tables of Postgres, and its size. */
  readonly smallDiskBytes?: number;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  readonly serviceEnv?: Readonly<Partial<Record<ServiceKind, Environment>>>;
}

const MIB = 1024 * 1024;
const KIB = 1024;

/**
 * The limit of Redis if a scenario sets no other: the calls of a load fit several times over, and the audio
 * of their lines does not.
 */
export function usualMemoryBytes({ calls }: { readonly calls: number }): number {
  return 4 * MIB + calls * 80 * KIB;
}

/**
 * The default settings of scenarios. They are those of production, except for shorter timeouts, so that a run
 * does not spend its time waiting.
 */
export const BASE_ENV: Readonly<Record<ServiceKind, Environment>> = {
  gateway: { HEARTBEAT_MS: '1000' },
  session: {
    LOST_AFTER_MS: '8000',
    QUIET_AFTER_MS: '3000',
    SWEEP_EVERY_MS: '1000',
    CHECKPOINT_EVERY_MS: '3000',
  },
  persister: {},
  reconciler: {},
};
