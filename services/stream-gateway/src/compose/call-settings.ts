import { type TenantDirectory } from '@turnlog/tenants';
import { type AgentNeeds } from '../agent/agent-needs.ts';
import { type GatewayConfig } from '../config.ts';
import { MAX_REQUEST } from '../http/endpoints/call-events-endpoint.ts';
import { ReportRates } from '../limits/report-rates.ts';
import { type ReportIntake } from '../reading/report-intake.ts';
import { type ReportReader } from '../reading/report-reader.ts';

const AGENT_BACKOFF = { minMs: 250, maxMs: 5_000 };

/** The largest message of an agent, as a multiple of the limit: one above the limit is answered, and not cut off. */
const MESSAGE_HEADROOM_FACTOR = 2;

/** How the settings have reports taken. */
export function reportIntake(
  config: GatewayConfig,
  parts: {
    readonly reader: ReportReader;
    readonly directory: Pick<TenantDirectory, 'find'>;
    readonly isTenantFull: (tenant: string) => boolean;
  },
): ReportIntake {
  const { reader, directory, isTenantFull } = parts;
  return {
    maxEventBytes: config.MAX_EVENT_BYTES,
    rates: new ReportRates({
      eventsPerSecond: config.MAX_EVENTS_PER_SECOND,
      bytesPerSecond: config.MAX_BYTES_PER_SECOND,
      tenantEventsPerSecond: config.MAX_TENANT_EVENTS_PER_SECOND,
      tenantBytesPerSecond: config.MAX_TENANT_BYTES_PER_SECOND,
      addressBytesPerSecond: config.MAX_ADDRESS_BYTES_PER_SECOND,
      maxRequest: MAX_REQUEST,
    }),
    reader,
    redactionOf: (tenant) => directory.find(tenant)?.policy.redaction ?? config.REDACTION,
    isTenantFull,
  };
}

/** What the settings give agents; undefined without an AGENT_URL. */
export function agentNeeds(
  config: GatewayConfig,
  shared: Pick<AgentNeeds, 'intake' | 'isOverloaded' | 'logger' | 'tally'>,
): AgentNeeds | undefined {
  if (config.AGENT_URL === undefined) return undefined;
  return {
    ...shared,
    urlTemplate: config.AGENT_URL,
    hangsUpOn: {
      agent_hung_up: config.AGENT_CLOSE === 'hangup',
      agent_lost: config.AGENT_GIVE_UP === 'hangup',
    },
    maxEventsPerSecond: config.MAX_EVENTS_PER_SECOND,
    maxBytesPerSecond: config.MAX_BYTES_PER_SECOND,
    maxCarrierBufferedBytes: config.CARRIER_BUFFER_BYTES,
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
