import { type AppendRequest } from '@turnlog/call-log';
import { withDeadline, type Logger } from '@turnlog/service-kit';
import { type Leftover } from '@turnlog/spool';
import { EventProducer } from '../by-sequence/event-producer.ts';
import { type EventProducerOptions } from '../delivery-options.ts';
import { type Retention } from '../retention/retention.ts';
import { planReplay, type SpooledRun } from './plan-replay.ts';
import { type UnorderedOutbox } from '../by-id/unordered-outbox.ts';

const SOURCES_AT_ONCE = 64;
/** After so long the next are begun beside those that Redis has not taken: it may refuse them for what they are about. */
const NEXT_SOURCES_AFTER_MS = 2_000;
const EVENTS_PER_APPEND = 200;
/** The files go when all of it is acknowledged, not one event at a time. */
const UNTIL_REMOVED = { release: () => undefined };

export interface ReplayOptions {
  readonly outbox: UnorderedOutbox;
  readonly retention: Retention;
  readonly producer: Pick<EventProducerOptions, 'appender' | 'limits' | 'observer'>;
  readonly logger: Logger;
  readonly now: () => number;
}

/**
 * Appends what a gateway that died left in its spool, ends the calls that died with it, and removes the files. As long as
 * Redis is away it waits; whoever dies meanwhile leaves the files as they are for the next one.
 */
export async function replaySpool(leftover: Leftover, options: ReplayOptions): Promise<void> {
  const { logger, outbox } = options;
  const { records, damaged } = leftover;
  const { sources, unordered, ends } = planReplay(records);
  const fields = { events: records.length, sources: sources.length, damaged_lines: damaged };
  logger.warn(fields, 'a gateway has died and left events in its spool: they are sent now');
  const rest = unordered.flatMap(inParts).map((request) => delivered(outbox, request));
  const replays: Promise<unknown>[] = [];
  for (let start = 0; start < sources.length; start += SOURCES_AT_ONCE) {
    const some = sources.slice(start, start + SOURCES_AT_ONCE);
    const replayed = Promise.all(some.map((runs) => replaySource(runs, options)));
    replays.push(replayed);
    await withDeadline(replayed, NEXT_SOURCES_AFTER_MS);
  }
  await Promise.all([...replays, ...rest]);
  // Only now: an end that came before the last events of its call would have it persisted twice.
  await Promise.all(ends.map((request) => delivered(outbox, request)));
  await leftover.remove();
  logger.info({ ...fields, ended_connections: ends.length }, 'all events of the spool are in Redis');
}

async function replaySource(runs: readonly SpooledRun[], options: ReplayOptions): Promise<void> {
  const { retention, now } = options;
  for (const { call, source, events } of runs) {
    // A name of its own for each run, and the same one in every attempt.
    const alias = `${source}.replay-${events[0]?.event.sourceSeq ?? 0}`;
    const producer = new EventProducer({ ...options.producer, call, source, alias });
    retention.add(producer);
    retention.close(producer, now());
    producer.resume(events, UNTIL_REMOVED);
    await producer.whenIdle();
  }
}

function delivered(outbox: UnorderedOutbox, request: AppendRequest): Promise<void> {
  return new Promise((resolve) => outbox.deliver(request, resolve));
}

function inParts(request: AppendRequest): AppendRequest[] {
  const parts: AppendRequest[] = [];
  for (let start = 0; start < request.events.length; start += EVENTS_PER_APPEND) {
    parts.push({ ...request, events: request.events.slice(start, start + EVENTS_PER_APPEND) });
  }
  return parts;
}
