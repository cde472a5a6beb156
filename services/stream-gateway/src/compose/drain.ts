import { sleep, withDeadline, type Lifecycle, type Logger } from '@turnlog/service-kit';
import { type GatewayConfig } from '../config.ts';
import { type StreamSockets } from '../exotel/stream-sockets.ts';
import { type GatewayStores } from '../store/open-stores.ts';

const POLL_MS = 25;
const CLOSE_GRACE_MS = 3_000;

export interface DrainParts {
  readonly config: GatewayConfig;
  readonly sockets: StreamSockets;
  readonly stores: GatewayStores;
  readonly logger: Logger;
}

/** Makes a stop drain the gateway first. */
export function drainOnStop(parts: DrainParts & { readonly lifecycle: Lifecycle }): void {
  const { DRAIN_DEADLINE_MS, AGENT_LINGER_MS, FLUSH_DEADLINE_MS } = parts.config;
  const timeoutMs = DRAIN_DEADLINE_MS + AGENT_LINGER_MS + FLUSH_DEADLINE_MS + 2 * CLOSE_GRACE_MS;
  parts.lifecycle.onStop('drain', () => drain(parts), { timeoutMs });
}

/**
 * Lets calls end by themselves for as long as is allowed, ends the rest as `drained`, and waits until every event is
 * acknowledged, or in the spool. A carrier does not reconnect during a call, so waiting is the only way to lose nothing.
 */
async function drain(parts: DrainParts): Promise<void> {
  const { config, sockets, stores, logger } = parts;
  logger.info({ event: 'gateway_draining', connections: sockets.count }, 'draining');
  await until(() => sockets.unfinishedSessions === 0, config.DRAIN_DEADLINE_MS);
  sockets.drain();
  await until(() => sockets.unfinishedSessions === 0, config.AGENT_LINGER_MS + CLOSE_GRACE_MS);
  sockets.terminate();
  await withDeadline(flushed(stores), config.FLUSH_DEADLINE_MS);
  const { lost, spooled } = await giveUpOn(stores);
  if (lost > 0)
    logger.error(
      { event: 'events_lost', events: lost },
      'events are lost: Redis did not acknowledge them in time',
    );
  if (spooled > 0)
    logger.warn(
      { event: 'events_left_in_spool', events: spooled },
      'events wait in the spool for the next start',
    );
  if (lost + spooled === 0) logger.info({ event: 'gateway_drained' }, 'drained');
}

async function flushed({ retention, audioWriter, spool }: GatewayStores): Promise<void> {
  await Promise.all(retention.buffers.map((buffer) => buffer.whenIdle()));
  await spool?.outbox.whenIdle();
  await audioWriter?.whenIdle();
}

/** Counts what Redis has not acknowledged, by whether it is on the disk. */
async function giveUpOn({ retention, spool }: GatewayStores): Promise<{ lost: number; spooled: number }> {
  const { buffers } = retention;
  await Promise.all(buffers.map((buffer) => buffer.saveToSpool()));
  const lost = buffers.reduce((sum, { unsafeEvents }) => sum + unsafeEvents, 0);
  const pending = buffers.reduce((sum, buffer) => sum + buffer.abandon(), 0);
  return { lost, spooled: pending - lost + (spool?.outbox.abandon() ?? 0) };
}

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition() && performance.now() < deadline) await sleep(POLL_MS);
}
