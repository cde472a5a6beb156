import {
  AudioStreams,
  createAppender,
  LiveCalls,
  readCallLogs,
  type Appender,
  type KeySpace,
} from '@turnlog/call-log';
import { connectRedis, watchUsability } from '@turnlog/redis-kit';
import { keySpaceOf, withRedisCa, type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type TenantDirectory } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { AudioDrops } from '../audio/audio-drops.ts';
import { AudioWriter } from '../audio/audio-writer.ts';
import { sharedGuard } from '../call-guard.ts';
import { type GatewayConfig } from '../config.ts';
import { type GatewayMetrics } from '../report/metrics.ts';
import { observeAppends } from '../report/observe-appends.ts';
import {
  ReportProducer,
  maxTotalRetainedBytes,
  Retention,
  type EventProducerOptions,
  openGatewaySpool,
  type GatewaySpool,
  type SpoolOutbox,
} from '@turnlog/delivery';
import { createDurability, durabilityOf, type ConfirmedDurability } from './confirmed-durability.ts';
import { createStreamCalls } from './stream-calls.ts';
import { type StreamCalls } from '../domain/stream-calls.ts';
import { openLimits } from '../limits/open-limits.ts';
import { type RedisMemory } from '../limits/redis-memory.ts';
import { type TenantBytes } from '../limits/tenant-bytes.ts';
import { RedisWrites } from './redis-writes.ts';

/** Between attempts to append what Redis did not take. */
const APPEND_BACKOFF = { minMs: 50, maxMs: 2_000 };

/** A gateway accepts calls through a short interruption of Redis: events wait in memory meanwhile. */
const REDIS_GRACE_MS = 2_000;

/** How long after its stream a Passthru is expected at the latest. */
const PASSTHRU_WITHIN_MS = 3_600_000;

/** The gateway's connection for events. */
export interface RedisLink {
  readonly redis: Redis;
  /** False once the connection has been lost for longer than {@link REDIS_GRACE_MS}. */
  readonly isUsable: () => boolean;
}

/** Where a gateway writes. */
export interface GatewayStores {
  readonly link: RedisLink;
  readonly writes: RedisWrites;
  readonly memory: RedisMemory;
  readonly tenantBytes: TenantBytes;
  readonly durability: ConfirmedDurability;
  /** None without a folder for it. */
  readonly spool: (GatewaySpool & { readonly outbox: SpoolOutbox }) | undefined;
  /** For connections: a producer keeps what it has appended. */
  readonly delivery: Pick<EventProducerOptions, 'appender' | 'limits' | 'observer' | 'spool'>;
  /** For what comes without a connection. */
  readonly reports: Appender;
  readonly retention: Retention;
  readonly liveCalls: LiveCalls;
  readonly streamCalls: StreamCalls;
  /** None when audio is switched off. */
  readonly audioWriter: AudioWriter | undefined;
  readonly audioDrops: AudioDrops;
}

interface Surroundings {
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: GatewayMetrics;
  readonly monotonic: () => number;
  readonly directory: () => TenantDirectory;
}

/**
 * Opens the spool, and connects to Redis: once for events, once for audio, so that neither waits behind the other.
 * Rejects when the spool can't be had.
 */
export async function openStores(
  config: GatewayConfig,
  { logger, lifecycle, metrics, monotonic, directory }: Surroundings,
): Promise<GatewayStores> {
  const space = keySpaceOf(config);
  const connect = (name: string, url: string): Redis =>
    connectRedis(lifecycle, { url: withRedisCa(url, config.REDIS_CA_FILE), name, logger });
  const redis = connect('stream-gateway', config.REDIS_URL);
  const isUsable = watchUsability(redis, { graceMs: REDIS_GRACE_MS, monotonicMs: monotonic });
  const audio = config.AUDIO
    ? connect('stream-gateway-audio', config.AUDIO_REDIS_URL ?? config.REDIS_URL)
    : undefined;
  const audioDrops = new AudioDrops(logger);
  const durability = createDurability(redis, space, durabilityOf(config));
  const unguarded = createAppender(redis, space, {
    maxEvents: config.MAX_EVENTS_PER_CALL,
    maxBytes: config.MAX_CALL_BYTES,
    barrier: () => durability.barrier(),
  });
  const limiting = { redis, directory, monotonic, logger, lifecycle };
  const { memory, tenantBytes, appender } = openLimits(
    unguarded,
    {
      prefix: config.KEY_PREFIX,
      maxMemoryShare: config.MAX_MEMORY_SHARE,
      maxTenantBytesPerHour: config.MAX_TENANT_BYTES_PER_HOUR,
    },
    limiting,
  );
  const writes = new RedisWrites(monotonic);
  const observer = observeAppends(metrics, writes, logger);
  const spool = await openSpool(config, { logger, lifecycle });
  const retention = new Retention(
    (requests) => readCallLogs(redis, space, requests),
    config.RETAIN_AFTER_CLOSE_MS,
    maxTotalRetainedBytes(config.MAX_TOTAL_RETAINED_BYTES, logger),
    sharedGuard(logger),
  );
  const reports = new ReportProducer({
    appender,
    retention,
    observer,
    maxRetainedBytes: config.MAX_RETAINED_BYTES,
    backoff: APPEND_BACKOFF,
    spool: spool?.forReports,
    now: Date.now,
  });
  const withOutbox = spool && { ...spool, outbox: spool.createOutbox(reports, writes) };
  retention.countAlso(() => withOutbox?.outbox.bytes ?? 0);
  return {
    link: { redis, isUsable },
    writes,
    memory,
    tenantBytes,
    durability,
    spool: withOutbox,
    delivery: {
      appender,
      limits: {
        maxPendingBytes: config.MAX_PENDING_BYTES,
        maxRetainedBytes: config.MAX_RETAINED_BYTES,
        backoff: APPEND_BACKOFF,
      },
      observer,
      spool: spool?.forProducers,
    },
    reports,
    retention,
    liveCalls: new LiveCalls(redis, space),
    streamCalls: createStreamCalls({
      redis,
      prefix: config.KEY_PREFIX,
      lifetimeMs: config.MAX_CALL_MS + PASSTHRU_WITHIN_MS,
      logger,
    }),
    audioWriter: audio && createAudioWriter(audio, config, { space, metrics, logger, audioDrops }),
    audioDrops,
  };
}

async function openSpool(
  { SPOOL_DIR, SPOOL_MAX_BYTES, SPOOL_AFTER_MS, MAX_CALL_BYTES, INSTANCE }: GatewayConfig,
  { logger, lifecycle }: Pick<Surroundings, 'logger' | 'lifecycle'>,
): Promise<GatewaySpool | undefined> {
  if (SPOOL_DIR === undefined) return undefined;
  const limits = { maxBytes: SPOOL_MAX_BYTES, maxCallBytes: MAX_CALL_BYTES, afterMs: SPOOL_AFTER_MS };
  const spool = await openGatewaySpool({ root: SPOOL_DIR, instance: INSTANCE, ...limits, logger });
  lifecycle.onStop('spool', () => spool.close());
  return spool;
}

interface AudioSurroundings extends Pick<Surroundings, 'logger' | 'metrics'> {
  readonly space: KeySpace;
  readonly audioDrops: AudioDrops;
}

function createAudioWriter(
  redis: Redis,
  config: GatewayConfig,
  { space, metrics, logger, audioDrops }: AudioSurroundings,
): AudioWriter {
  return new AudioWriter({
    streams: new AudioStreams(redis, space),
    limits: {
      maxBatches: config.AUDIO_MAX_BATCHES,
      keepMs: config.AUDIO_KEEP_MS,
      memoryShare: config.AUDIO_MEMORY_SHARE,
      maxCallBytes: config.AUDIO_MAX_CALL_BYTES,
    },
    guard: sharedGuard(logger),
    now: Date.now,
    onDropped: (reason, bytes) => {
      metrics.audioDropped.inc({ reason }, bytes);
      audioDrops.count(reason, bytes);
    },
    onMemoryKnown: (isKnown) =>
      isKnown
        ? logger.info(
            { event: 'audio_memory_known' },
            'the memory use of Redis is known; AUDIO_MEMORY_SHARE applies',
          )
        : logger.warn(
            { event: 'audio_memory_unknown' },
            'the memory use of Redis is unknown (the user needs +info); AUDIO_MEMORY_SHARE does not apply: at most 64 MiB of audio per gateway are kept',
          ),
  });
}
