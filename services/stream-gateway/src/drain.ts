import { sleep, withDeadline, type Logger } from '@turnlog/service-kit';
import { type AudioWriter } from './audio/audio-writer.ts';
import { type StreamSockets } from './exotel/stream-sockets.ts';
import { type Retention } from './producer/retention.ts';

const POLL_MS = 25;

export interface DrainOptions {
  readonly sockets: StreamSockets;
  readonly retention: Retention;
  readonly audioWriter: AudioWriter | undefined;
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
 * acknowledged. A carrier doesn't connect again in mid-call, so waiting is the only way to lose nothing.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { sockets, retention, audioWriter, logger, drainMs, lingerMs, flushMs } = options;
  logger.info({ connections: sockets.count }, 'draining');
  await until(() => sockets.unfinishedSessions === 0, drainMs);
  sockets.drain();
  await until(() => sockets.unfinishedSessions === 0, lingerMs);
  sockets.terminate();
  await withDeadline(flushed(retention, audioWriter), flushMs);
  const lost = retention.producers.reduce((sum, producer) => sum + producer.abandon(), 0);
  if (lost > 0) logger.error({ events: lost }, 'events are lost: Redis did not acknowledge them in time');
  else logger.info('drained');
}

async function flushed(retention: Retention, audioWriter: AudioWriter | undefined): Promise<void> {
  await Promise.all(retention.producers.map((producer) => producer.whenIdle()));
  await audioWriter?.whenIdle();
}

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition() && performance.now() < deadline) await sleep(POLL_MS);
}
