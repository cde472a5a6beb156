import { type Logger } from '@turnlog/service-kit';
import { type TenantDirectory } from '@turnlog/tenants';
import { nanoid } from 'nanoid';
import { BufferPool } from './audio/buffer-pool.ts';
import { type GatewayConfig } from './config.ts';
import { type GatewayContext } from './gateway-context.ts';
import { type GatewayMetrics } from './gateway-metrics.ts';
import { type GatewayStores } from './gateway-stores.ts';
import { type GatewayTally } from './gateway-tally.ts';
import { type ProducerObserver } from './producer/producer-options.ts';
import { type RedisWrites } from './redis-writes.ts';

const APPEND_BACKOFF = { minMs: 50, maxMs: 2_000 };
const AGENT_BACKOFF = { minMs: 250, maxMs: 5_000 };

/** Room for what stands around an event in the largest message of an agent, so that one above the limit is told so. */
const MESSAGE_HEADROOM_FACTOR = 2;

/** Attempts at which a failing append is worth a line: 1, 2, 4, 8 … */
const isPowerOfTwo = (attempt: number): boolean => (attempt & (attempt - 1)) === 0;

/** What the calls of a gateway share, made of its settings and its parts. */
export function createContext(
  config: GatewayConfig,
  parts: {
    readonly stores: GatewayStores;
    readonly directory: Pick<TenantDirectory, 'find'>;
    readonly tally: GatewayTally;
    readonly metrics: GatewayMetrics;
    readonly logger: Logger;
  },
): GatewayContext {
  const { stores, directory, tally, metrics, logger } = parts;
  return {
    redactionOf: (tenant) => directory.find(tenant)?.policy.redaction ?? config.REDACTION,
    logger,
    tally,
    appender: stores.appender,
    retention: stores.retention,
    producerLimits: {
      maxPendingBytes: config.MAX_PENDING_BYTES,
      maxRetainedBytes: config.MAX_RETAINED_BYTES,
      backoff: APPEND_BACKOFF,
    },
    producerObserver: observeProducers(metrics, stores.writes, logger),
    producerSpool: stores.spool?.forProducers,
    audio: { writer: stores.audioWriter, batchMs: config.AUDIO_BATCH_MS, pool: new BufferPool() },
    agent: agentOf(config),
    maxCarrierBufferedBytes: config.CARRIER_BUFFER_BYTES,
    now: () => Date.now(),
    newId: () => nanoid(),
  };
}

function observeProducers(metrics: GatewayMetrics, writes: RedisWrites, logger: Logger): ProducerObserver {
  return {
    onStalled: (error) => writes.onStalled(error),
    onAnswered: () => writes.onAnswered(),
    onSettled: ({ status }) => metrics.events.inc({ via: 'socket', result: status }),
    onRetry: ({ call, attempt, error }) => {
      metrics.retries.inc();
      const fields = { call_sid: call.callSid, attempt: attempt + 1, err: error };
      if (isPowerOfTwo(attempt + 1)) logger.warn(fields, 'events are not acknowledged: they are sent again');
    },
    onGap: ({ call, expected, lost }) => {
      metrics.gaps.inc();
      const fields = { call_sid: call.callSid, expected, not_at_hand: lost };
      logger.warn(fields, 'redis has lost acknowledged events: they are sent again');
    },
  };
}

function agentOf(config: GatewayConfig): GatewayContext['agent'] {
  if (config.AGENT_URL === undefined) return undefined;
  return {
    urlTemplate: config.AGENT_URL,
    hangsUpWithAgent: config.AGENT_CLOSE === 'hangup',
    hangsUpWithoutAgent: config.AGENT_GIVE_UP === 'hangup',
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxEventsPerSecond: config.MAX_EVENTS_PER_SECOND,
    relay: {
      connectTimeoutMs: config.AGENT_CONNECT_TIMEOUT_MS,
      maxReconnects: config.AGENT_RECONNECTS,
      backoff: AGENT_BACKOFF,
      lingerMs: config.AGENT_LINGER_MS,
      maxBufferedBytes: config.AGENT_BUFFER_BYTES,
      maxMessageBytes: MESSAGE_HEADROOM_FACTOR * Math.max(config.MAX_EVENT_BYTES, config.AGENT_BUFFER_BYTES),
      authorization: config.AGENT_AUTHORIZATION,
    },
  };
}
