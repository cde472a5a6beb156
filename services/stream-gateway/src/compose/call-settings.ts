import { type Logger } from '@turnlog/service-kit';
import { type TenantDirectory } from '@turnlog/tenants';
import { nanoid } from 'nanoid';
import { BufferPool } from '../audio/buffer-pool.ts';
import { type GatewayConfig } from '../config.ts';
import { type GatewayContext } from '../exotel/call-needs.ts';
import { MAX_REQUEST } from '../http/endpoints/call-events-endpoint.ts';
import { ReportRates } from '../limits/report-rates.ts';
import { type ReportReader } from '../reading/report-reader.ts';
import { APPEND_BACKOFF, type GatewayStores } from '../store/open-stores.ts';
import { type GatewayTally } from '../report/tally.ts';

const AGENT_BACKOFF = { minMs: 250, maxMs: 5_000 };

/** Room for what stands around an event in the largest message of an agent, so that one above the limit is told so. */
const MESSAGE_HEADROOM_FACTOR = 2;

/** What the calls of a gateway share, made of its settings and its parts. */
export function createContext(
  config: GatewayConfig,
  parts: {
    readonly stores: GatewayStores;
    readonly directory: Pick<TenantDirectory, 'find'>;
    readonly tally: GatewayTally;
    readonly logger: Logger;
    readonly reader: ReportReader;
  },
): GatewayContext {
  const { stores, directory, tally, logger } = parts;
  return {
    redactionOf: (tenant) => directory.find(tenant)?.policy.redaction ?? config.REDACTION,
    logger,
    tally,
    appender: stores.appender,
    retention: stores.retention,
    streamCalls: stores.streamCalls,
    reportRates: reportRatesOf(config),
    reader: parts.reader,
    isTenantFull: (tenant) => stores.tenantBytes.isFull(tenant),
    producerLimits: {
      maxPendingBytes: config.MAX_PENDING_BYTES,
      maxRetainedBytes: config.MAX_RETAINED_BYTES,
      backoff: APPEND_BACKOFF,
    },
    producerObserver: stores.observer,
    producerSpool: stores.spool?.forProducers,
    audio: { writer: stores.audioWriter, batchMs: config.AUDIO_BATCH_MS, pool: new BufferPool() },
    agent: agentOf(config),
    maxCarrierBufferedBytes: config.CARRIER_BUFFER_BYTES,
    now: () => Date.now(),
    newId: () => nanoid(),
  };
}

function reportRatesOf(config: GatewayConfig): ReportRates {
  return new ReportRates({
    eventsPerSecond: config.MAX_EVENTS_PER_SECOND,
    bytesPerSecond: config.MAX_BYTES_PER_SECOND,
    tenantEventsPerSecond: config.MAX_TENANT_EVENTS_PER_SECOND,
    tenantBytesPerSecond: config.MAX_TENANT_BYTES_PER_SECOND,
    addressBytesPerSecond: config.MAX_ADDRESS_BYTES_PER_SECOND,
    maxRequest: MAX_REQUEST,
  });
}

function agentOf(config: GatewayConfig): GatewayContext['agent'] {
  if (config.AGENT_URL === undefined) return undefined;
  return {
    urlTemplate: config.AGENT_URL,
    hangsUpWithAgent: config.AGENT_CLOSE === 'hangup',
    hangsUpWithoutAgent: config.AGENT_GIVE_UP === 'hangup',
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxEventsPerSecond: config.MAX_EVENTS_PER_SECOND,
    maxBytesPerSecond: config.MAX_BYTES_PER_SECOND,
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
