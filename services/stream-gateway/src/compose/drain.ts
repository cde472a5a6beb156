import { sleep, withDeadline, type Logger } from '@turnlog/service-kit';
import { type AudioWriter } from '../audio/audio-writer.ts';
import { type StreamSockets } from '../exotel/stream-sockets.ts';
import { type Retention, type SpoolOutbox } from '@turnlog/delivery';

const POLL_MS = 25;

export interface DrainOptions {
  readonly sockets: StreamSockets;
  readonly retention: Retention;
  readonly audioWriter: AudioWriter | undefined;
  /** Events that came over HTTP and are in the spool. */
  readonly outbox: SpoolOutbox | undefined;
  readonly logger: Logger;
  /** How long calls may go on. */
  readonly drainMs: number;
  /** How long agents may go on reporting after that. */
  readonly lingerMs: number;
  /** How long Redis may take to acknowledge what is left. */
  readonly flushMs: number;
}

/**
 * Lets calls end by themselves for as long as is allowed, ends the rest as `drained`, and waits until every event is
 * acknowledged, or in the spool for the next start. A carrier doesn't connect again in mid-call, so waiting is the only way to lose nothing.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { sockets, logger, drainMs, lingerMs, flushMs } = options;
  logger.info({ event: 'gateway_draining', connections: sockets.count }, 'draining');
  await until(() => sockets.unfinishedSessions === 0, drainMs);
  sockets.drain();
  await until(() => sockets.unfinishedSessions === 0, lingerMs);
  sockets.terminate();
  await withDeadline(flushed(options), flushMs);
  const { lost, spooled } = await giveUpOn(options);
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

async function flushed({ retention, audioWriter, outbox }: DrainOptions): Promise<void> {
  await Promise.all(retention.buffers.map((buffer) => buffer.whenIdle()));
  await outbox?.whenIdle();
  await audioWriter?.whenIdle();
}

/** What Redis has not acknowledged, by whether it is on the disk. */
async function giveUpOn({ retention, outbox }: DrainOptions): Promise<{ lost: number; spooled: number }> {
  const { buffers } = retention;
  await Promise.all(buffers.map((buffer) => buffer.saveToSpool()));
  const lost = buffers.reduce((sum, { unsafeEvents }) => sum + unsafeEvents, 0);
  const pending = buffers.reduce((sum, buffer) => sum + buffer.abandon(), 0);
  return { lost, spooled: pending - lost + (outbox?.abandon() ?? 0) };
}

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition() && performance.now() < deadline) await sleep(POLL_MS);
}
