import os from 'node:os';
import { DEFAULT_KEY_SPACE, type KeySpace } from '@turnlog/call-log';
import {
  caFile,
  instanceName,
  keyPrefix,
  loadConfigOrExit,
  logLevel,
  logPhoneKey,
  partitionCount,
  port,
  readConfig,
  redisUrl,
  wholeNumber,
  withRedisCa,
  type ConfigHost,
  type ConfigResult,
  type Environment,
  type LogLevel,
} from '@turnlog/service-kit';
import { z } from 'zod';

const SERVICE = 'session';

const milliseconds = wholeNumber(1, 86_400_000, 'milliseconds');

const settings = z.object({
  REDIS_URL: redisUrl,
  REDIS_CA_FILE: caFile.optional(),
  KEY_PREFIX: keyPrefix.default(DEFAULT_KEY_SPACE.prefix),
  PARTITIONS: partitionCount.default(DEFAULT_KEY_SPACE.partitions),
  INSTANCE: instanceName.default(os.hostname()),
  LOG_LEVEL: logLevel.default('info'),
  LOG_PHONE_KEY: logPhoneKey.optional(),
  HEALTH_PORT: port.default(8081),
  SWEEP_EVERY_MS: milliseconds.default(5_000),
  LOST_AFTER_MS: milliseconds.default(45_000),
  QUIET_AFTER_MS: milliseconds.optional(),
  CHECKPOINT_EVERY_MS: milliseconds.default(30_000),
  CLAIM_IDLE_MS: milliseconds.default(10_000),
  READ_COUNT: wholeNumber(1, 1_000).default(64),
  BLOCK_MS: wholeNumber(10, 60_000, 'milliseconds').default(2_000),
  CACHE_MAX_CALLS: wholeNumber(1, 10_000_000).default(10_000),
  CACHE_MAX_MEGABYTES: wholeNumber(1, 100_000).default(192),
});

/** The settings of the session service. */
export interface SessionConfig {
  readonly redisUrl: string;
  readonly space: KeySpace;
  /** The name of this replica, and of its consumer: two replicas need different ones. */
  readonly instance: string;
  readonly logLevel: LogLevel;
  readonly logPhoneKey: string | undefined;
  readonly healthPort: number;
  readonly sweepEveryMs: number;
  /** Well above the 10 s at which gateways say which calls they still have. */
  readonly lostAfterMs: number;
  /** For calls without a connection, whose events come over HTTP alone; `lostAfterMs` by default. */
  readonly quietAfterMs: number;
  readonly checkpointEveryMs: number;
  /** How long a dead replica's entries wait until another one takes them. */
  readonly claimIdleMs: number;
  /** The most entries of one partition in one read. */
  readonly readCount: number;
  readonly blockMs: number;
  readonly cacheMaxCalls: number;
  /** About how much memory folded states may take. */
  readonly cacheMaxMegabytes: number;
}

/** The settings, or every problem with them. */
export function readSessionConfig(env: Environment): ConfigResult<SessionConfig> {
  const result = readConfig(settings, env);
  return result.ok ? { ok: true, config: toConfig(result.config) } : result;
}

/** The settings of this process; with any problem, all of them on standard error and exit code 1. */
export function loadSessionConfig(host?: ConfigHost): SessionConfig {
  return toConfig(loadConfigOrExit(settings, SERVICE, host));
}

function toConfig(env: z.infer<typeof settings>): SessionConfig {
  return {
    redisUrl: withRedisCa(env.REDIS_URL, env.REDIS_CA_FILE),
    space: { prefix: env.KEY_PREFIX, partitions: env.PARTITIONS },
    instance: env.INSTANCE,
    logLevel: env.LOG_LEVEL,
    logPhoneKey: env.LOG_PHONE_KEY,
    healthPort: env.HEALTH_PORT,
    sweepEveryMs: env.SWEEP_EVERY_MS,
    lostAfterMs: env.LOST_AFTER_MS,
    quietAfterMs: env.QUIET_AFTER_MS ?? env.LOST_AFTER_MS,
    checkpointEveryMs: env.CHECKPOINT_EVERY_MS,
    claimIdleMs: env.CLAIM_IDLE_MS,
    readCount: env.READ_COUNT,
    blockMs: env.BLOCK_MS,
    cacheMaxCalls: env.CACHE_MAX_CALLS,
    cacheMaxMegabytes: env.CACHE_MAX_MEGABYTES,
  };
}
