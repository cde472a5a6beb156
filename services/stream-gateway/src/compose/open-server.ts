import { type Lifecycle, type Logger } from '@turnlog/service-kit';
import { nanoid } from 'nanoid';
import { type Auth, singleWebhookSecret } from '../auth/create-auth.ts';
import { type GatewayConfig } from '../config.ts';
import { type StreamSockets } from '../exotel/stream-sockets.ts';
import { type AudioDrops } from '../audio/audio-drops.ts';
import { type CallSlots } from '../limits/call-slots.ts';
import { type ReportIntake } from '../reading/report-intake.ts';
import { type GatewayMetrics } from '../report/metrics.ts';
import { type GatewayStores } from '../store/open-stores.ts';
import { addressSet } from '@turnlog/tenants';
import { refreshTenants } from '../auth/tenant-refresh.ts';
import { CallEventsEndpoint } from '../http/endpoints/call-events-endpoint.ts';
import { storeInRedis, storeInRedisOrSpool, type EventStore } from '@turnlog/delivery';
import { createApp } from '../http/server/create-app.ts';
import { addCallEventsRoutes } from '../http/endpoints/call-events-routes.ts';
import { addCallbackRoutes } from '../http/endpoints/callback-routes.ts';
import { addStreamRoutes } from '../http/endpoints/stream-routes.ts';
import { addStreamUrlRoutes } from '../http/endpoints/stream-url-routes.ts';
import { startGatewayServer, type GatewayServer } from '../http/server/gateway-server.ts';
import { type Unavailability } from '../http/answers/refusals.ts';
import { StreamUpgrades, type StreamUpgradesOptions } from '../http/server/stream-upgrades.ts';
import { type StreamPaths } from '../http/server/stream-target.ts';
import { PendingConnections } from '../limits/pending-connections.ts';
import { CallbacksEndpoint } from '../http/endpoints/callbacks-endpoint.ts';
import { Digest } from '../report/digest.ts';
import { type Refusals } from '../report/refusals.ts';
import { StreamQuotas } from '../limits/stream-quotas.ts';

/** Connections besides those that carry streams: requests over HTTP, and handshakes. */
const OTHER_CONNECTIONS = 2_000;

/** What handles the requests and streams of a server. */
export interface ServerParts {
  readonly config: GatewayConfig;
  readonly auth: Auth;
  readonly stores: GatewayStores;
  readonly intake: ReportIntake;
  readonly sockets: StreamSockets;
  readonly slots: CallSlots;
  readonly metrics: GatewayMetrics;
  readonly digests: {
    readonly audioDrops: AudioDrops;
    readonly unplaced: Digest<'unplaced'>;
    readonly refusals: Refusals;
  };
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
}

/** Starts listening. Resolves at once: while Redis is unavailable the gateway answers why it accepts nothing. */
export async function openServer(parts: ServerParts): Promise<GatewayServer> {
  const { config, logger, lifecycle, stores, auth } = parts;
  const { directory, gatekeeper, tokens } = auth;
  const streamPaths: StreamPaths = {
    '/exotel/stream': config.STREAM_APPLET,
    '/media': config.MEDIA_APPLET,
  };
  const store = stores.spool
    ? storeInRedisOrSpool({
        ...stores.spool,
        spool: stores.spool.forReports,
        appender: stores.reports,
        writes: stores.writes,
        isOverloaded: () => stores.retention.isOverloaded,
      })
    : storeInRedis(stores.reports, stores.writes);
  const proxies = addressSet(config.TRUSTED_PROXIES);
  const { http, notFound } = await createApp({
    logger,
    gatekeeper,
    handshakeTimeoutMs: config.HANDSHAKE_TIMEOUT_MS,
    refusals: parts.digests.refusals,
    addEndpoints: (http) => {
      addCallEventsRoutes(http, createCallEvents(parts, store), gatekeeper);
      addStreamRoutes(http, Object.keys(streamPaths));
      addStreamUrlRoutes(http, { tokens, publicUrl: config.PUBLIC_URL, gatekeeper });
      addCallbackRoutes(http, createCallbacks(parts, store));
    },
  });
  const pending = new PendingConnections(config.MAX_HANDSHAKES_PER_ADDRESS, proxies);
  const server = await startGatewayServer({
    host: config.HOST,
    port: config.PORT,
    logger,
    http,
    upgrades: createUpgrades(parts, { streamPaths, notFound, pending }),
    pending,
    maxConnections: config.MAX_CONNECTIONS + OTHER_CONNECTIONS,
  });
  lifecycle.onStop('server', () => server.close());
  const wake = (reloadNow: () => void) => stores.redis.on('ready', reloadNow);
  refreshTenants({ directory, logger, lifecycle, host: config.HOST, wake });
  return server;
}

function createCallEvents(
  { config, intake, metrics, logger }: ServerParts,
  store: EventStore,
): CallEventsEndpoint {
  return new CallEventsEndpoint({
    source: `http:${config.INSTANCE}`,
    ...{ store, intake, metrics, logger },
  });
}

function createCallbacks(
  { config, stores, metrics, digests, auth: { directory, gatekeeper } }: ServerParts,
  store: EventStore,
): CallbacksEndpoint {
  const single = singleWebhookSecret(config.WEBHOOK_SECRET, config.TENANT);
  const addresses = config.WEBHOOK_ADDRESSES && addressSet(config.WEBHOOK_ADDRESSES);
  return new CallbacksEndpoint({
    isExpectedFrom: (request) =>
      addresses === undefined || addresses.has(gatekeeper.addressOf(request) ?? ''),
    authenticate: (secret) =>
      directory.isEmpty ? single(secret) : directory.authenticate('webhook', secret)?.name,
    store,
    findCall: (tenant, streamSid) => stores.streamCalls.find(tenant, streamSid),
    utcOffsetMinutes: config.CARRIER_UTC_OFFSET,
    metrics,
    unplaced: digests.unplaced,
  });
}

/** Logs Passthrus of unknown calls. */
export function unplacedPassthrus(logger: Logger): Digest<'unplaced'> {
  return new Digest(({ unplaced }) =>
    logger.warn(
      { event: 'passthru_unplaced', count: unplaced },
      'a Passthru names no known call; it is recorded as a call of its own',
    ),
  );
}

function createUpgrades(
  parts: ServerParts,
  shared: Pick<StreamUpgradesOptions, 'streamPaths' | 'notFound' | 'pending'>,
): StreamUpgrades {
  const { config, logger, sockets, metrics, digests, auth, slots } = parts;
  const quotas = new StreamQuotas({
    directory: auth.directory,
    slots,
    maxPerAddress: config.MAX_SOCKETS_PER_ADDRESS,
    maxPerTenant: config.MAX_SOCKETS_PER_TENANT,
    newId: nanoid,
    onNotReleased: (err) =>
      logger.debug(
        { event: 'call_slot_not_released', err },
        'the slot of a call was not released; it expires soon',
      ),
  });
  return new StreamUpgrades({
    ...shared,
    logger,
    gatekeeper: auth.gatekeeper,
    quotas,
    frameLimits: { maxPayload: config.MAX_FRAME_BYTES, maxFragments: config.MAX_FRAGMENTS },
    unavailability: () => unavailabilityOf(parts),
    onStream: (socket, stream) => sockets.accept(socket, stream),
    onRefused: (reason) => {
      metrics.refusedUpgrades.inc({ reason });
      digests.refusals.count(`socket.${reason}`);
    },
  });
}

function unavailabilityOf({ lifecycle, stores, sockets, config }: ServerParts): Unavailability | undefined {
  if (lifecycle.isStopping) return 'draining';
  if (stores.spool?.spool.problem !== undefined) return `spool_${stores.spool.spool.problem}`;
  const isUsable = stores.isUsable() && stores.durability.isConfirmed;
  if (!isUsable || stores.writes.isStalled) return 'not_ready';
  if (stores.memory.isShort) return 'memory_short';
  if (stores.retention.isOverloaded) return 'overloaded';
  return sockets.count >= config.MAX_CONNECTIONS ? 'full' : undefined;
}
