import {
  createHealth,
  createMetrics,
  createOpsHandler,
  retryForever,
  type CheckOutcome,
  type Health,
  type Lifecycle,
  type Logger,
} from '@turnlog/service-kit';
import { untilReady } from '@turnlog/call-log';
import { type GatewayConfig } from './config.ts';
import { createContext } from './create-context.ts';
import { drain } from './drain.ts';
import { StreamSockets } from './exotel/stream-sockets.ts';
import { type GatewayContext } from './gateway-context.ts';
import { createGatewayMetrics, type GatewayMetrics } from './gateway-metrics.ts';
import { openStores, type GatewayStores } from './gateway-stores.ts';
import { newTally } from './gateway-tally.ts';
import { HeartbeatLoop } from './heartbeat-loop.ts';
import { replaySpool } from './spool/replay-spool.ts';
import { CallEventsEndpoint } from './http/call-events-endpoint.ts';
import { storeInRedis, storeInRedisOrSpool, type EventStore } from './http/event-store.ts';
import { openApiDocument } from './http/openapi/openapi-document.ts';
import { CallbacksEndpoint } from './webhooks/callbacks-endpoint.ts';
import { singleWebhookSecret } from './webhooks/webhook-secret.ts';
import { startGatewayServer, type GatewayServer, type Unavailability } from './http/gateway-server.ts';

const MAX_TICK_MS = 250;
const MIN_TICK_MS = 10;
const MAX_SILENT_TICKS_MS = 10_000;
const CLOSE_GRACE_MS = 3_000;
const CONNECT_BACKOFF = { minMs: 50, maxMs: 1_000 };

/** What there is once the gateway has been put together. */
interface GatewayParts {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly stores: GatewayStores;
  readonly context: GatewayContext;
  readonly sockets: StreamSockets;
  readonly metrics: GatewayMetrics;
  readonly health: Health;
}

/**
 * Starts all parts of a gateway, and registers with the lifecycle how each stops. It listens at once, for whoever asks how
 * it is doing; it resolves when Redis is there, and it takes calls.
 */
export async function startGateway(
  config: GatewayConfig,
  { logger, lifecycle }: { readonly logger: Logger; readonly lifecycle: Lifecycle },
): Promise<{ readonly port: number }> {
  const monotonic = () => performance.now();
  const stores = await openStores(config, { logger, lifecycle, monotonic });
  const tally = newTally();
  const registry = createMetrics('stream-gateway');
  const metrics = createGatewayMetrics(registry, tally, {
    connections: () => sockets.count,
    retainedBytes: () => stores.retention.retainedBytes,
    pendingBytes: () => stores.retention.pendingBytes,
    spooledBytes: () => stores.spool?.spool.bytes ?? 0,
  });
  const context = createContext(config, { stores, tally, metrics, logger });
  const limits = { idleTimeoutMs: config.IDLE_TIMEOUT_MS, pingEveryMs: config.PING_EVERY_MS };
  const sockets = new StreamSockets(context, limits, monotonic);
  const health = createHealth({ isStopping: () => lifecycle.isStopping });
  const parts = { config, logger, lifecycle, stores, context, sockets, metrics, health };

  health.readinessCheck('redis', async () => {
    await stores.link.redis.ping();
    return { ok: true };
  });
  health.readinessCheck('writes', () => Promise.resolve(readinessOf(parts)));
  const server = await listen(parts, createOpsHandler({ health, metrics: registry }));
  lifecycle.onStop('server', () => server.close());
  startTimers(parts);
  registerDrain(parts);
  replayLeftovers(parts);
  // A wait ends with each failed attempt to connect; the gateway's ends with Redis, or when it is told to stop.
  const { signal } = lifecycle;
  await retryForever(() => untilReady(stores.link.redis, signal), { backoff: CONNECT_BACKOFF, signal });
  await stores.durability.confirm();
  return { port: server.port };
}

function listen(parts: GatewayParts, ops: ReturnType<typeof createOpsHandler>): Promise<GatewayServer> {
  const { config, logger, sockets, stores, metrics } = parts;
  const streamPaths = { '/exotel/stream': config.STREAM_APPLET, '/media': config.MEDIA_APPLET };
  const store = stores.spool
    ? storeInRedisOrSpool({ ...stores.spool, appender: stores.appender })
    : storeInRedis(stores.appender);
  return startGatewayServer({
    host: config.HOST,
    port: config.PORT,
    logger,
    ops,
    principal: { tenant: config.TENANT, callSid: undefined },
    callEvents: createCallEvents(parts, store),
    callbacks: createCallbacks(parts, store),
    openApi: openApiDocument(Object.keys(streamPaths)),
    streamPaths,
    unavailability: () => unavailabilityOf(parts),
    onStream: (socket, stream) => sockets.accept(socket, stream),
    onRefused: (reason) => metrics.refusedUpgrades.inc({ reason }),
  });
}

function createCallEvents({ config, context, metrics }: GatewayParts, store: EventStore): CallEventsEndpoint {
  return new CallEventsEndpoint({
    source: `http:${config.INSTANCE}`,
    store,
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxEventsPerSecond: config.MAX_EVENTS_PER_SECOND,
    now: context.now,
    newId: context.newId,
    onResult: (result) => metrics.events.inc({ via: 'http', result }),
  });
}

function createCallbacks({ config, context, metrics }: GatewayParts, store: EventStore): CallbacksEndpoint {
  return new CallbacksEndpoint({
    authenticate: singleWebhookSecret(config.WEBHOOK_SECRET, config.TENANT),
    store,
    utcOffsetMinutes: config.CARRIER_UTC_OFFSET,
    now: context.now,
    onCallback: (kind, fate) => metrics.callbacks.inc({ kind, fate }),
  });
}

function unavailabilityOf({ lifecycle, stores, sockets, config }: GatewayParts): Unavailability | undefined {
  if (lifecycle.isStopping) return 'draining';
  if (stores.spool?.spool.problem !== undefined) return `spool_${stores.spool.spool.problem}`;
  const isUsable = stores.link.isUsable() && stores.durability.isConfirmed;
  if (!isUsable || stores.writes.isStalled) return 'not_ready';
  if (stores.retention.isOverloaded) return 'overloaded';
  return sockets.count >= config.MAX_CONNECTIONS ? 'full' : undefined;
}

/** What keeps new calls away although Redis answers. */
function readinessOf({ stores }: GatewayParts): CheckOutcome {
  const problem = stores.spool?.spool.problem;
  if (problem !== undefined) return { ok: false, reason: `the spool is ${problem}` };
  if (!stores.durability.isConfirmed) return { ok: false, reason: 'DURABILITY is not confirmed yet' };
  if (stores.writes.isStalled) return { ok: false, reason: 'Redis takes no events' };
  if (stores.retention.isOverloaded) return { ok: false, reason: 'too many events wait for Redis' };
  return { ok: true, detail: { spooled_events: stores.spool?.spool.events ?? 0 } };
}

/** New calls don't wait for it. */
function replayLeftovers({ stores, context, logger }: GatewayParts): void {
  const { spool, retention } = stores;
  if (spool === undefined) return;
  const { appender, producerLimits: limits, producerObserver: observer, now } = context;
  for (const leftover of spool.leftovers) {
    const options = {
      outbox: spool.outbox,
      retention,
      producer: { appender, limits, observer },
      logger,
      now,
    };
    replaySpool(leftover, options).catch((err: unknown) => {
      logger.error({ err }, 'the spool of a dead gateway was not replayed; its files stay');
    });
  }
}

function startTimers(parts: GatewayParts): void {
  const { config, logger, lifecycle, sockets, stores, metrics, health, context } = parts;
  const pulse = health.heartbeat('tick', { maxSilenceMs: MAX_SILENT_TICKS_MS });
  const tick = setInterval(() => {
    sockets.tick();
    stores.retention.enforceLimit(context.now());
    metrics.publish();
    pulse.beat();
  }, tickMs(config));
  const heartbeat = new HeartbeatLoop({
    liveCalls: stores.liveCalls,
    retention: stores.retention,
    openCalls: () => sockets.openCalls(),
    now: context.now,
    onFailure: (err) => {
      metrics.heartbeatFailures.inc();
      logger.debug({ err }, 'heartbeat failed');
    },
  });
  const beat = setInterval(() => heartbeat.beat(), config.HEARTBEAT_MS);
  // After an outage calls have not been seen for long: say that they are alive before the sweep takes them for lost.
  stores.link.redis.on('ready', () => heartbeat.beat());
  lifecycle.onStop('timers', () => {
    clearInterval(tick);
    clearInterval(beat);
    pulse.stop();
  });
}

function registerDrain({ config, logger, lifecycle, sockets, stores }: GatewayParts): void {
  const { retention, audioWriter, spool } = stores;
  const outbox = spool?.outbox;
  const drainMs = config.DRAIN_DEADLINE_MS;
  const lingerMs = config.AGENT_LINGER_MS + CLOSE_GRACE_MS;
  const flushMs = config.FLUSH_DEADLINE_MS;
  const run = () => drain({ sockets, retention, audioWriter, outbox, logger, drainMs, lingerMs, flushMs });
  lifecycle.onStop('drain', run, { timeoutMs: drainMs + lingerMs + flushMs + CLOSE_GRACE_MS });
}

/** Often enough for the shortest of the intervals that it serves. */
function tickMs({ AUDIO_BATCH_MS, IDLE_TIMEOUT_MS, PING_EVERY_MS }: GatewayConfig): number {
  const shortest = Math.min(AUDIO_BATCH_MS, IDLE_TIMEOUT_MS, PING_EVERY_MS);
  return Math.max(MIN_TICK_MS, Math.min(MAX_TICK_MS, shortest / 4));
}
