import { AudioStreams, createAppender, LiveCalls, readCallLogs } from '@turnlog/call-log';
import {
  maxTotalRetainedBytes,
  openGatewaySpool,
  ReportProducer,
  Retention,
  type EventProducerOptions,
  type GatewaySpool,
  type SpoolOutbox,
} from '@turnlog/delivery';
import { connectRedis, watchUsability } from '@turnlog/redis-kit';
import { keySpaceOf, withRedisCa, type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type TenantDirectory } from '@turnlog/tenants';
import { type Redis } from 'ioredis';
import { type AudioDrops } from '../audio/audio-drops.ts';
import { AudioWriter } from '../audio/audio-writer.ts';
import { sharedGuard } from '../call-guard.ts';
import { type GatewayConfig } from '../config.ts';
import { gatewayKeys } from '../domain/keys.ts';
import { guardAppender } from '../limits/guarded-appender.ts';
import { RedisMemory } from '../limits/redis-memory.ts';
import { TenantBytes } from '../limits/tenant-bytes.ts';
import { type GatewayMetrics } from '../report/metrics.ts';
import { observeAppends } from '../report/observe-appends.ts';
import { ConfirmedDurability, durabilityOf } from './confirmed-durability.ts';
import { RedisWrites } from './redis-writes.ts';
import { StreamCalls } from './stream-calls.ts';

/** Between attempts to append what Redis did not accept. */
const APPEND_BACKOFF = { minMs: 50, maxMs: 2_000 };

/** A gateway accepts calls through a short interruption of Redis: events wait in memory meanwhile. */
const REDIS_GRACE_MS = 2_000;

/** How long after its stream a Passthru is expected at the latest. */
const PASSTHRU_WITHIN_MS = 3_600_000;

interface Surroundings {
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: GatewayMetrics;
  readonly audioDrops: AudioDrops;
  /** Read when it is needed: it is created later. */
  readonly directory: () => TenantDirectory;
}

/** Where a gateway writes. */
export interface GatewayStores {
  readonly redis: Redis;
  /** False once the connection has been lost for longer than {@link REDIS_GRACE_MS}. */
  readonly isUsable: () => boolean;
  readonly memory: RedisMemory;
  readonly tenantBytes: TenantBytes;
  readonly writes: RedisWrites;
  readonly durability: ConfirmedDurability;
  /** Undefined without SPOOL_DIR. */
  readonly spool: (GatewaySpool & { readonly outbox: SpoolOutbox }) | undefined;
  /** For connections: a producer keeps what it has appended. */
  readonly delivery: Pick<EventProducerOptions, 'appender' | 'limits' | 'observer' | 'spool'>;
  /** For reports and callbacks, which have no connection. */
  readonly reports: ReportProducer;
  readonly retention: Retention;
  readonly liveCalls: LiveCalls;
  readonly streamCalls: StreamCalls;
  /** Undefined if audio is switched off. */
  readonly audioWriter: AudioWriter | undefined;
}

/**
 * Opens the spool, and connects to Redis: once for events, once for audio, so that neither waits behind the other.
 * Rejects if the spool can't be opened.
 */
export async function openStores(config: GatewayConfig, surroundings: Surroundings): Promise<GatewayStores> {
  const { logger, metrics } = surroundings;
  const space = keySpaceOf(config);
  const keys = gatewayKeys(config.KEY_PREFIX);
  const redis = connect('stream-gateway', config.REDIS_URL, config, surroundings);
  const isUsable = watchUsability(redis, { graceMs: REDIS_GRACE_MS, monotonicMs: () => performance.now() });
  const durability = new ConfirmedDurability(redis, space, durabilityOf(config));
  const limits = openLimits(redis, config, surroundings);
  const appender = guardAppender(
    createAppender(redis, space, {
      maxEvents: config.MAX_EVENTS_PER_CALL,
      maxBytes: config.MAX_CALL_BYTES,
      barrier: () => durability.barrier,
    }),
    limits,
  );
  const writes = new RedisWrites();
  const observer = observeAppends(metrics, writes, logger);
  const spool = await openSpool(config, surroundings);
  const retention = new Retention(
    (requests) => readCallLogs(redis, space, requests),
    config.RETAIN_AFTER_CLOSE_MS,
    maxTotalRetainedBytes(config.MAX_TOTAL_RETAINED_BYTES, logger),
    sharedGuard(logger),
  );
  const limitsOfCall = { backoff: APPEND_BACKOFF, maxRetainedBytes: config.MAX_RETAINED_BYTES };
  const reports = new ReportProducer({
    ...{ appender, observer, retention, ...limitsOfCall },
    spool: spool?.forReports,
    now: Date.now,
  });
  const withOutbox = spool && { ...spool, outbox: spool.createOutbox(reports, writes) };
  retention.countAlso(() => withOutbox?.outbox.bytes ?? 0);
  return {
    redis,
    isUsable,
    ...limits,
    writes,
    durability,
    spool: withOutbox,
    delivery: {
      appender,
      limits: { maxPendingBytes: config.MAX_PENDING_BYTES, ...limitsOfCall },
      observer,
      spool: spool?.forProducers,
    },
    reports,
    retention,
    liveCalls: new LiveCalls(redis, space),
    streamCalls: new StreamCalls(redis, keys.callOfStream, config.MAX_CALL_MS + PASSTHRU_WITHIN_MS, logger),
    audioWriter: config.AUDIO ? createAudioWriter(config, surroundings) : undefined,
  };
}

function connect(
  name: string,
  url: string,
  { REDIS_CA_FILE }: GatewayConfig,
  { lifecycle, logger }: Surroundings,
): Redis {
  return connectRedis(lifecycle, { url: withRedisCa(url, REDIS_CA_FILE), name, logger });
}

/** Watches the memory of Redis and the bytes of tenants. */
function openLimits(redis: Redis, config: GatewayConfig, { directory, logger, lifecycle }: Surroundings) {
  const maxMemoryShare = config.MAX_MEMORY_SHARE;
  const memory = new RedisMemory({ redis, maxShare: maxMemoryShare, logger });
  // Events are flushed after the stop has begun, and the memory is watched for as long.
  const watched = new AbortController();
  const watching = memory.watch(watched.signal);
  lifecycle.onStop('memory', () => {
    watched.abort();
    return watching;
  });
  const tenantBytes = new TenantBytes({
    redis,
    keyOf: gatewayKeys(config.KEY_PREFIX).bytesOf,
    directory,
    maxBytesPerHour: config.MAX_TENANT_BYTES_PER_HOUR,
    memory,
    maxMemoryShare,
  });
  return { memory, tenantBytes };
}

async function openSpool(
  { SPOOL_DIR, SPOOL_MAX_BYTES, SPOOL_AFTER_MS, MAX_CALL_BYTES, INSTANCE }: GatewayConfig,
  { logger, lifecycle }: Surroundings,
): Promise<GatewaySpool | undefined> {
  if (SPOOL_DIR === undefined) return undefined;
  const limits = { maxBytes: SPOOL_MAX_BYTES, maxCallBytes: MAX_CALL_BYTES, afterMs: SPOOL_AFTER_MS };
  const spool = await openGatewaySpool({ root: SPOOL_DIR, instance: INSTANCE, ...limits, logger });
  lifecycle.onStop('spool', () => spool.close());
  return spool;
}

function createAudioWriter(config: GatewayConfig, surroundings: Surroundings): AudioWriter {
  const { logger, metrics, audioDrops } = surroundings;
  const redis = connect(
    'stream-gateway-audio',
    config.AUDIO_REDIS_URL ?? config.REDIS_URL,
    config,
    surroundings,
  );
  return new AudioWriter({
    streams: new AudioStreams(redis, keySpaceOf(config)),
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
