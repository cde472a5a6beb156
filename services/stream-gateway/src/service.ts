import {
  answersPing,
  createHealth,
  createMetrics,
  retryForever,
  startOps,
  type CheckOutcome,
  type Health,
  type Lifecycle,
  type Logger,
  untilRedisUsable,
} from '@turnlog/service-kit';
import { UnkeepableDurabilityError } from '@turnlog/call-log';
import { createAuth } from './auth/create-auth.ts';
import { sharedGuard } from './call-guard.ts';
import { type GatewayConfig } from './config.ts';
import { agentNeeds, reportIntake } from './compose/call-settings.ts';
import { BufferPool } from './audio/buffer-pool.ts';
import { nanoid } from 'nanoid';
import { drain } from './compose/drain.ts';
import { type CallNeeds } from './exotel/call-needs.ts';
import { StreamSockets } from './exotel/stream-sockets.ts';
import { createGatewayMetrics } from './report/metrics.ts';
import { openStores, type GatewayStores } from './store/open-stores.ts';
import { newTally } from './report/tally.ts';
import { HeartbeatLoop, takeOverSpools } from '@turnlog/delivery';
import { CallSlots } from './limits/call-slots.ts';
import { openServer, type ServerParts } from './compose/open-server.ts';
import { ReportReader } from './reading/report-reader.ts';
import { watchRedis } from './compose/watch-redis.ts';

const MAX_TICK_MS = 250;
const MIN_TICK_MS = 10;
const MAX_SILENT_TICKS_MS = 10_000;
const CLOSE_GRACE_MS = 3_000;
const CONNECT_BACKOFF = { minMs: 50, maxMs: 1_000 };

/**
 * Starts all parts of a gateway, and registers with the lifecycle how each stops. It listens at once, for whoever asks how
 * it is doing; it resolves when Redis is there, and it takes calls.
 */
export async function startGateway(
  config: GatewayConfig,
  { logger, lifecycle }: { readonly logger: Logger; readonly lifecycle: Lifecycle },
): Promise<{ readonly host: string; readonly port: number; readonly health_port: number }> {
  const monotonic = () => performance.now();
  const tally = newTally();
  const registry = createMetrics('stream-gateway');
  const metrics = createGatewayMetrics(registry, tally, {
    connections: () => sockets.count,
    retainedBytes: () => stores.retention.retainedBytes,
    pendingBytes: () => stores.retention.pendingBytes,
    spooledBytes: () => stores.spool?.spool.bytes ?? 0,
  });
  const stores = await openStores(config, {
    logger,
    lifecycle,
    metrics,
    monotonic,
    directory: () => auth.directory,
  });
  const auth = createAuth(config, { redis: stores.link.redis, logger });
  const reader = new ReportReader();
  lifecycle.onStop('reading', () => reader.close());
  const intake = reportIntake(config, {
    reader,
    directory: auth.directory,
    isTenantFull: (tenant) => stores.tenantBytes.isFull(tenant),
  });
  const isOverloaded = (): boolean => stores.retention.isOverloaded;
  const limits = {
    idleTimeoutMs: config.IDLE_TIMEOUT_MS,
    pingEveryMs: config.PING_EVERY_MS,
    startTimeoutMs: config.START_TIMEOUT_MS,
    maxCallMs: config.MAX_CALL_MS,
    maxCallsPerSocket: config.MAX_CALLS_PER_SOCKET,
  };
  const calls: CallNeeds = {
    delivery: stores.delivery,
    retention: stores.retention,
    streamCalls: stores.streamCalls,
    audio: { writer: stores.audioWriter, batchMs: config.AUDIO_BATCH_MS, pool: new BufferPool() },
    agent: agentNeeds(config, { intake, isOverloaded, logger, tally }),
    ...{ logger, tally, now: Date.now, newId: nanoid },
  };
  const sockets = new StreamSockets(calls, limits, monotonic);
  const health = createHealth({ isStopping: () => lifecycle.isStopping });
  const slots = new CallSlots(stores.link.redis, { prefix: config.KEY_PREFIX });
  const parts = { config, auth, stores, intake, sockets, slots, metrics, logger, lifecycle };

  health.readinessCheck('redis', answersPing(stores.link.redis));
  health.readinessCheck('writes', () => Promise.resolve(readinessOf(stores)));
  const health_port = await startOps({ lifecycle, health, metrics: registry, port: config.HEALTH_PORT });
  const server = await openServer(parts);
  startTimers({ ...parts, health });
  watchRedis(stores, { logger, lifecycle });
  registerDrain(parts);
  const { spool, retention, delivery: producer } = stores;
  const replay = { retention, producer, logger, lifecycle, now: Date.now };
  if (spool !== undefined) takeOverSpools(spool, { ...replay, outbox: spool.outbox });
  // A wait ends with each failed attempt to connect; the gateway's ends with Redis, or when it is told to stop.
  const { signal } = lifecycle;
  await untilRedisUsable(stores.link.redis, { backoff: CONNECT_BACKOFF, signal });
  await retryForever(() => stores.durability.confirm(), {
    backoff: CONNECT_BACKOFF,
    signal,
    isRetryable: (error) => !(error instanceof UnkeepableDurabilityError),
  });
  await retryForever(() => auth.directory.reload(), { backoff: CONNECT_BACKOFF, signal });
  return { host: server.host, port: server.port, health_port };
}

/** What keeps new calls away although Redis answers. */
function readinessOf({ spool, durability, memory, writes, retention }: GatewayStores): CheckOutcome {
  const problem = spool?.spool.problem;
  if (problem !== undefined) return { ok: false, reason: `the spool is ${problem}` };
  if (!durability.isConfirmed) return { ok: false, reason: 'DURABILITY is not confirmed yet' };
  if (memory.isShort)
    return {
      ok: false,
      reason: 'Redis uses more than MAX_MEMORY_SHARE of its maxmemory: it is being drained',
    };
  if (writes.isStalled) return { ok: false, reason: 'Redis takes no events' };
  if (retention.isOverloaded) return { ok: false, reason: 'too many events wait for Redis' };
  return { ok: true, detail: { spooled_events: spool?.spool.events ?? 0 } };
}

function startTimers(
  parts: Pick<ServerParts, 'config' | 'sockets' | 'stores' | 'metrics' | 'slots' | 'logger' | 'lifecycle'> & {
    readonly health: Health;
  },
): void {
  const { config, logger, lifecycle, sockets, stores, metrics, health, slots } = parts;
  const pulse = health.heartbeat('tick', { maxSilenceMs: MAX_SILENT_TICKS_MS });
  const guard = sharedGuard(logger);
  const tick = setInterval(() => {
    guard.run('tick.sockets', () => sockets.tick());
    guard.run('tick.retention', () => stores.retention.enforceLimit(Date.now()));
    guard.run('tick.audio', () => stores.audioDrops.report(performance.now()));
    pulse.beat();
  }, tickMs(config));
  const heartbeat = new HeartbeatLoop({
    liveCalls: stores.liveCalls,
    retention: stores.retention,
    openCalls: () => sockets.openCalls(),
    now: Date.now,
    onFailure: (err) => {
      metrics.heartbeatFailures.inc();
      logger.debug({ event: 'heartbeat_failed', err }, 'heartbeat failed');
    },
  });
  const beat = setInterval(() => {
    heartbeat.beat();
    slots
      .renew()
      .catch((err: unknown) =>
        logger.debug({ event: 'call_slots_not_renewed', err }, 'the slots of calls were not renewed'),
      );
  }, config.HEARTBEAT_MS);
  // After an outage calls have not been seen for long: say that they are alive before the sweep takes them for lost.
  stores.link.redis.on('ready', () => heartbeat.beat());
  lifecycle.onStop('timers', () => {
    clearInterval(tick);
    clearInterval(beat);
    pulse.stop();
  });
}

function registerDrain({
  config,
  logger,
  lifecycle,
  sockets,
  stores,
}: Pick<ServerParts, 'config' | 'logger' | 'lifecycle' | 'sockets' | 'stores'>): void {
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
