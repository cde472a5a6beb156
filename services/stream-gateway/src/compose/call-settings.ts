import { type TenantDirectory } from '@turnlog/tenants';
import { type AgentNeeds } from '../agent/agent-needs.ts';
import { type GatewayConfig } from '../config.ts';
import { MAX_REQUEST } from '../http/endpoints/call-events-endpoint.ts';
import { ReportRates } from '../domain/report-rates.ts';
import { type ReportIntake } from '../reading/report-intake.ts';
import { type StreamLimits } from '../exotel/stream-socket.ts';

const AGENT_BACKOFF = { minMs: 250, maxMs: 5_000 };

/** The largest message of an agent, as a multiple of the limit: one above the limit is answered, and not cut off. */
const MESSAGE_HEADROOM_FACTOR = 2;

/** The limits of the carrier's sockets. */
export function streamLimits(config: GatewayConfig): StreamLimits {
  return {
    idleTimeoutMs: config.IDLE_TIMEOUT_MS,
    pingEveryMs: config.PING_EVERY_MS,
    startTimeoutMs: config.START_TIMEOUT_MS,
    maxCallMs: config.MAX_CALL_MS,
    maxCallsPerSocket: config.MAX_CALLS_PER_SOCKET,
  };
}

/** How reports are accepted. */
export function reportIntake(
  config: GatewayConfig,
  {
    directory,
    ...shared
  }: Pick<ReportIntake, 'reader' | 'isTenantFull'> & { readonly directory: TenantDirectory },
): ReportIntake {
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
    redactionOf: (tenant) => directory.find(tenant)?.policy.redaction ?? config.REDACTION,
    ...shared,
  };
}

/** What agents need; undefined without an AGENT_URL. */
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
