import { UnkeepableDurabilityError } from '@turnlog/call-log';
import { HeartbeatLoop, takeOverSpools } from '@turnlog/delivery';
import {
  answersPing,
  Health,
  Metrics,
  retryForever,
  startOps,
  untilRedisUsable,
  withDeadline,
  type CheckOutcome,
  type Lifecycle,
  type Logger,
} from '@turnlog/service-kit';
import { nanoid } from 'nanoid';
import { createAudioDrops } from './audio/audio-drops.ts';
import { BufferPool } from './audio/buffer-pool.ts';
import { createAuth } from './auth/create-auth.ts';
import { sharedGuard } from './call-guard.ts';
import { agentNeeds, reportIntake, streamLimits } from './compose/call-settings.ts';
import { drainOnStop } from './compose/drain.ts';
import { openServer, unplacedPassthrus, type ServerParts } from './compose/open-server.ts';
import { watchRedis } from './compose/watch-redis.ts';
import { type GatewayConfig } from './config.ts';
import { gatewayKeys } from './domain/keys.ts';
import { type CallNeeds } from './exotel/call-needs.ts';
import { StreamSockets } from './exotel/stream-sockets.ts';
import { CallSlots } from './limits/call-slots.ts';
import { ReportReader } from './reading/report-reader.ts';
import { createGatewayMetrics } from './report/metrics.ts';
import { createRefusals } from './report/refusals.ts';
import { newTally } from './report/tally.ts';
import { openStores, type GatewayStores } from './store/open-stores.ts';

const MAX_TICK_MS = 250;
const MIN_TICK_MS = 10;
const MAX_SILENT_TICKS_MS = 10_000;
/** Before the tenants are read every request is refused. A refused connection goes to another gateway. */
const LISTEN_WITHIN_MS = 1_000;

/**
 * Starts all parts of a gateway, and registers with the lifecycle how each stops. Its health is served at once, and its
 * port when the tenants are read, or soon; it resolves when Redis is available and it accepts calls.
 */
export async function startGateway(
  config: GatewayConfig,
  { logger, lifecycle }: { readonly logger: Logger; readonly lifecycle: Lifecycle },
): Promise<{ readonly host: string; readonly port: number; readonly health_port: number }> {
  const tally = newTally();
  const registry = new Metrics('stream-gateway');
  const metrics = createGatewayMetrics(registry, tally, {
    connections: () => sockets.count,
    retainedBytes: () => stores.retention.retainedBytes,
    pendingBytes: () => stores.retention.pendingBytes,
    spooledBytes: () => stores.spool?.spool.bytes ?? 0,
  });
  const digests = createDigests(logger);
  const common = { config, logger, lifecycle, metrics, digests };
  const stores = await openStores(config, {
    ...common,
    audioDrops: digests.audioDrops,
    directory: () => auth.directory,
  });
  const auth = createAuth(config, { redis: stores.redis, logger });
  const reader = new ReportReader();
  lifecycle.onStop('reading', () => reader.close());
  const intake = reportIntake(config, {
    reader,
    directory: auth.directory,
    isTenantFull: (tenant) => stores.tenantBytes.isFull(tenant),
  });
  const isOverloaded = (): boolean => stores.retention.isOverloaded;
  const calls: CallNeeds = {
    ...stores,
    audio: { writer: stores.audioWriter, batchMs: config.AUDIO_BATCH_MS, pool: new BufferPool() },
    agent: agentNeeds(config, { intake, isOverloaded, logger, tally }),
    ...{ logger, tally, now: Date.now, newId: nanoid },
  };
  const sockets = new StreamSockets(calls, streamLimits(config));
  const slots = new CallSlots(stores.redis, gatewayKeys(config.KEY_PREFIX).callsOf);
  const parts = { ...common, auth, stores, intake, sockets, slots };

  const health = new Health(lifecycle);
  let isOpen = false;
  addReadinessChecks(health, parts, () => isOpen);
  const health_port = await startOps({ lifecycle, health, metrics: registry, config });
  const isUsable = untilUsable(parts);
  await withDeadline(isUsable, LISTEN_WITHIN_MS);
  const { host, port } = await openServer(parts);
  isOpen = true;
  startTimers(parts, health);
  watchRedis(stores, parts);
  drainOnStop(parts);
  const { spool, delivery: producer } = stores;
  if (spool !== undefined)
    takeOverSpools(spool, { ...stores, ...common, producer, outbox: spool.outbox, now: Date.now });
  await isUsable;
  return { host, port, health_port };
}

/** A gateway is not ready before its port is open: clients that wait for it call at once. */
function addReadinessChecks(health: Health, { stores, auth }: ServerParts, isOpen: () => boolean): void {
  health.readinessCheck('port', () =>
    isOpen() ? { ok: true } : { ok: false, reason: 'it is not open yet' },
  );
  health.readinessCheck('redis', answersPing(stores.redis));
  health.readinessCheck('writes', () => readinessOf(stores));
  health.readinessCheck('tenants', () =>
    auth.gatekeeper.isOpen || auth.directory.isLoaded
      ? { ok: true }
      : { ok: false, reason: 'the tenants are not read yet' },
  );
}

/** Resolves when Redis is available and the tenants are read, however many attempts fail. Rejects on a stop. */
async function untilUsable({ stores, auth, lifecycle: { signal } }: ServerParts): Promise<void> {
  await untilRedisUsable(stores.redis, signal);
  await retryForever(() => stores.durability.confirm(), {
    signal,
    isRetryable: (error) => !(error instanceof UnkeepableDurabilityError),
  });
  await retryForever(() => auth.directory.reload(), { signal });
}

/** What is logged once a minute. */
function createDigests(logger: Logger): ServerParts['digests'] {
  return {
    audioDrops: createAudioDrops(logger),
    unplaced: unplacedPassthrus(logger),
    refusals: createRefusals(logger),
  };
}

/** Why the gateway accepts no new calls although Redis answers. */
function readinessOf({ spool, durability, memory, writes, retention }: GatewayStores): CheckOutcome {
  const no = (reason: string): CheckOutcome => ({ ok: false, reason });
  const problem = spool?.spool.problem;
  if (problem !== undefined) return no(`the spool is ${problem}`);
  if (!durability.isConfirmed) return no('DURABILITY is not confirmed yet');
  if (memory.isShort)
    return no('Redis uses more than MAX_MEMORY_SHARE of its maxmemory: it is being drained');
  if (writes.isStalled) return no('Redis takes no events');
  if (retention.isOverloaded) return no('too many events wait for Redis');
  return { ok: true, detail: { spooled_events: spool?.spool.events ?? 0 } };
}

function startTimers(parts: ServerParts, health: Health): void {
  const { config, logger, lifecycle, sockets, stores, metrics, slots } = parts;
  const digests = Object.values(parts.digests);
  const pulse = health.heartbeat('tick', { maxSilenceMs: MAX_SILENT_TICKS_MS });
  const guard = sharedGuard(logger);
  const tick = setInterval(() => {
    guard.run('tick.sockets', () => sockets.tick());
    guard.run('tick.retention', () => stores.retention.enforceLimit(Date.now()));
    guard.run('tick.digests', () => digests.forEach((digest) => digest.report(performance.now())));
    pulse.beat();
  }, tickMs(config));
  const heartbeat = new HeartbeatLoop({
    ...stores,
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
  // After an outage the calls are marked as live before the sweep takes them for lost.
  stores.redis.on('ready', () => heartbeat.beat());
  lifecycle.onStop('timers', () => {
    clearInterval(tick);
    clearInterval(beat);
    pulse.stop();
  });
}

/** Often enough for the shortest of the intervals that it serves. */
function tickMs({ AUDIO_BATCH_MS, IDLE_TIMEOUT_MS, PING_EVERY_MS }: GatewayConfig): number {
  const shortest = Math.min(AUDIO_BATCH_MS, IDLE_TIMEOUT_MS, PING_EVERY_MS);
  return Math.max(MIN_TICK_MS, Math.min(MAX_TICK_MS, shortest / 4));
}
