import { type ServiceKind } from '@turnlog/local-stack';
import { type Environment } from '@turnlog/service-kit';
import { type BreakableRedisOptions } from '../servers/breakable-server.ts';

/** How a scenario wants its system. */
export interface StackShape {
  readonly gateways?: number;
  readonly sessions?: number;
  readonly persisters?: number;
  readonly redis?: BreakableRedisOptions;
  /** Whether Redis has a replica that takes over, and services find it by a Sentinel. */
  readonly hasReplica?: boolean;
  /** Whether Redis has a replica that takes over behind the proxy, which keeps the connections of clients. */
  readonly hasStandby?: boolean;
  /** Whether gateways have a disk on which events wait for Redis. */
  readonly hasSpool?: boolean;
  /** Whether each service has a user of Redis and a role of Postgres of its own, with no rights but those that it needs. */
  readonly hasOwnUsers?: boolean;
  /** Whether there is a file system of its own for tables of Postgres, and how much room it has. */
  readonly smallDiskBytes?: number;
  readonly postgresSettings?: Readonly<Record<string, string>>;
  readonly serviceEnv?: Readonly<Partial<Record<ServiceKind, Environment>>>;
}

const MIB = 1024 * 1024;
const KIB = 1024;

/**
 * The limit of Redis where a scenario sets no other: the calls of a load have room in it several times over, and the audio
 * that their lines stream does not.
 */
export function usualMemoryBytes({ calls }: { readonly calls: number }): number {
  return 4 * MIB + calls * 80 * KIB;
}

/**
 * The settings of every scenario that does not say otherwise. They are those of production, but the times after which
 * somebody is given up, which are shorter so that a run does not spend its time waiting.
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
