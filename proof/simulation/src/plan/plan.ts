import { type CallKey } from '@turnlog/call-events';
import { createRng, type Rng } from '@turnlog/test-kit';
import { type RequestFaultRates } from '../kernel/request-faults.ts';
import { type OldCall } from '../redis/old-call.ts';
import { planCalls, type PlannedCall } from './plan-calls.ts';

/** For how long events and faults occur by default, before everything heals. */
const FAULTS_LAST_MS = 40_000;

/** The settings of the services: those of production on a smaller scale, in the same proportions. */
export interface Settings {
  readonly partitions: number;
  readonly heartbeatEveryMs: number;
  readonly lostAfterMs: number;
  readonly sweepEveryMs: number;
  readonly checkpointEveryMs: number;
  readonly claimIdleMs: number;
  readonly keepKeysMs: number;
  readonly blockMs: number;
  readonly batchCalls: number;
  /** Of the session service. */
  readonly cachedCalls: number;
  /** The limit of a call's log. */
  readonly maxCallBytes: number;
  /** The size of a page of a log. */
  readonly maxPageBytes: number;
  /** The memory limit of Redis; `Infinity` without one. */
  readonly maxMemoryBytes: number;
}

/** A fault at a moment, milliseconds after the start. */
export type Disturbance = { readonly atMs: number } & (
  | { readonly kind: 'crash'; readonly service: ServiceName; readonly replica: number }
  | { readonly kind: 'stop'; readonly service: ServiceName; readonly replica: number; readonly forMs: number }
  | { readonly kind: 'redis_restart'; readonly downMs: number; readonly loses: RedisLoss }
  | { readonly kind: 'redis_freeze'; readonly forMs: number }
  | { readonly kind: 'postgres_down'; readonly forMs: number }
  | { readonly kind: 'postgres_refuses'; readonly forMs: number; readonly code: string }
  /** Another client takes the remaining memory of Redis, for good. */
  | { readonly kind: 'redis_shrinks' }
);

export type ServiceName = 'gateway' | 'session' | 'persister';

/** What Redis has lost when it comes back. */
export type RedisLoss = 'nothing' | 'everything' | { readonly newestMs: number };

/** The plan of a seed. */
export interface Plan {
  readonly seed: number;
  /** For how long events and faults occur, before everything heals. */
  readonly lastsMs: number;
  readonly settings: Settings;
  readonly replicas: Readonly<Record<ServiceName, number>>;
  /** A restarted process has its predecessor's name, as a restarted container has. */
  readonly keepsNames: boolean;
  readonly requests: RequestFaultRates;
  readonly disturbances: readonly Disturbance[];
  readonly calls: readonly PlannedCall[];
  /** Calls whose rows Postgres refuses for their content. */
  readonly poisons: readonly CallKey[];
  /** Whether, instead of a refusal by Postgres, every persister that reads them dies. */
  readonly arePoisonsDeadly: boolean;
  /** Calls without a limit of an older version. */
  readonly oldCalls: readonly OldCall[];
  /** Logs into which entries are written that are not events, and when. */
  readonly garbage: readonly { readonly call: CallKey; readonly atMs: number }[];
}

/** Claims take longer than a run: a restarted consumer must find its own entries. */
const NEVER_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
/** A small Redis gets more calls, so that many of them fill it. */
const MORE_CALLS = 3;
/** By default. */
const PLENTY_BYTES = 16 * 1024 * 1024;

/** Makes all decisions of a seed. */
export function planRun(seed: number): Plan {
  const rng = createRng(seed);
  // Without claims, no other process may have a pending entry: restarts keep their names, and no answer comes
  // late.
  const claims = !rng.chance(0.15);
  const keepsNames = !claims || rng.chance(0.5);
  const replicas = { gateway: rng.int(1, 3), session: rng.int(1, 2), persister: rng.int(1, 2) };
  const isSmall = rng.fork('memory').chance(0.2);
  const calls = planCalls(rng.fork('calls'), replicas.gateway, isSmall ? MORE_CALLS : 0);
  const sound = calls.map(({ call }) => call);
  // Dead letters stay, and take their room.
  const poisons = claims && !isSmall && rng.chance(0.15) ? sound.slice(0, 1) : [];
  const garbage =
    claims && !isSmall && rng.chance(0.15)
      ? sound.slice(1, 2).map((call) => ({ call, atMs: rng.int(5_000, FAULTS_LAST_MS) }))
      : [];
  const memory = planMemory(rng.fork('sizes'), isSmall);
  return {
    seed,
    lastsMs: FAULTS_LAST_MS,
    settings: { ...planSettings(rng.fork('settings'), claims), ...memory.settings },
    replicas,
    keepsNames,
    requests: {
      trouble: rng.pick([0, 0.01, 0.03, 0.1]),
      crash: rng.pick([0, 0, 0.002, 0.01]),
      slow: claims ? rng.pick([0, 0.01, 0.05]) : 0,
    },
    disturbances: [...planDisturbances(rng.fork('disturbances'), replicas, claims), ...memory.disturbances],
    calls,
    poisons,
    arePoisonsDeadly: rng.fork('deadly').chance(0.5),
    oldCalls: isSmall || !claims ? [] : planOldCalls(rng.fork('old calls')),
    garbage,
  };
}

/** Each page of one would exceed a process's memory if its bytes were not limited. */
function planOldCalls(rng: Rng): OldCall[] {
  if (!rng.chance(0.08)) return [];
  const call = { tenant: 'default', callSid: 'CAold' };
  return [{ call, atMs: rng.int(0, FAULTS_LAST_MS), turns: rng.int(25, 50), textBytes: 1_500 }];
}

function planSettings(rng: Rng, claims: boolean): Settings {
  return {
    partitions: rng.int(1, 2),
    heartbeatEveryMs: 4_000,
    lostAfterMs: 16_000,
    sweepEveryMs: rng.pick([3_000, 5_000]),
    checkpointEveryMs: rng.pick([3_000, 8_000]),
    claimIdleMs: claims ? rng.pick([7_000, 10_000]) : NEVER_MS,
    // Longer than a request can be late: none outlives the hour of production.
    keepKeysMs: rng.pick([7_000, 16_000]),
    blockMs: 5_000,
    batchCalls: rng.pick([1, 2, 100]),
    cachedCalls: rng.pick([1, 100]),
    maxCallBytes: PLENTY_BYTES,
    // A log of several pages that could not be folded is left to a claim.
    maxPageBytes: claims ? 2_000 : PLENTY_BYTES,
    maxMemoryBytes: Infinity,
  };
}

/**
 * The sizes of a call and of Redis. With a small Redis, Postgres is unavailable for long, and keys of
 * finished calls would stay for longer than the run: they must be released when room is needed.
 */
function planMemory(
  rng: Rng,
  isSmall: boolean,
): {
  readonly settings: Partial<Settings>;
  readonly disturbances: readonly Disturbance[];
} {
  const settings = rng.chance(0.5) ? { maxCallBytes: rng.int(1_200, 3_000) } : {};
  if (!isSmall) return { settings, disturbances: [] };
  const outage = { kind: 'postgres_down' as const, atMs: rng.int(0, 5_000), forMs: rng.int(20_000, 34_000) };
  const shrinking = { kind: 'redis_shrinks' as const, atMs: outage.atMs + outage.forMs - 500 };
  const maxMemoryBytes = rng.int(12_000, 16_000);
  return {
    settings: { ...settings, maxMemoryBytes, keepKeysMs: HOUR_MS },
    disturbances: [outage, shrinking],
  };
}

function planDisturbances(rng: Rng, replicas: Plan['replicas'], mayStall: boolean): Disturbance[] {
  const at = (): number => rng.int(1_000, FAULTS_LAST_MS - 1_000);
  const upTo = (most: number, chance: number): undefined[] =>
    rng.chance(chance) ? Array.from({ length: rng.int(1, most) }, () => undefined) : [];
  const process = (): { service: ServiceName; replica: number } => {
    const service = rng.pick(['gateway', 'session', 'session', 'persister', 'persister'] as const);
    return { service, replica: rng.int(0, replicas[service] - 1) };
  };
  return [
    ...upTo(3, 0.5).map(() => ({ kind: 'crash' as const, atMs: at(), ...process() })),
    ...upTo(2, mayStall ? 0.4 : 0).map(() => {
      return { kind: 'stop' as const, atMs: at(), forMs: rng.int(1_000, 25_000), ...process() };
    }),
    ...upTo(2, 0.4).map(() => {
      const loses = rng.pick<RedisLoss>([
        'nothing',
        'everything',
        { newestMs: rng.int(1, 1_000) },
        { newestMs: rng.int(1_000, 12_000) },
      ]);
      return { kind: 'redis_restart' as const, atMs: at(), downMs: rng.int(20, 5_000), loses };
    }),
    ...upTo(2, mayStall ? 0.2 : 0).map(() => {
      return { kind: 'redis_freeze' as const, atMs: at(), forMs: rng.int(500, 9_000) };
    }),
    ...upTo(2, 0.3).map(() => ({ kind: 'postgres_down' as const, atMs: at(), forMs: rng.int(100, 30_000) })),
    ...upTo(1, 0.2).map(() => {
      const code = rng.pick(['53100', '57014', '42703', '42501', '53300']);
      return { kind: 'postgres_refuses' as const, atMs: at(), forMs: rng.int(100, 20_000), code };
    }),
  ];
}
