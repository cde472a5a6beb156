import { type AppendRequest } from '@turnlog/call-log';
import { withDeadline, type Logger } from '@turnlog/service-kit';
import { type Leftover } from '@turnlog/spool';
import { type SpoolOutbox } from '../by-id/spool-outbox.ts';
import { EventProducer } from '../by-sequence/event-producer.ts';
import { type EventProducerOptions } from '../delivery-options.ts';
import { takeBatch } from '../loop/append-batch.ts';
import { type Retention } from '../retention/retention.ts';
import { planReplay, type SpooledRun } from './plan-replay.ts';

const SOURCES_AT_ONCE = 64;
/** After this the next sources start beside those that Redis has not taken: it may refuse them for their content. */
const NEXT_SOURCES_AFTER_MS = 2_000;
/** The files are removed when everything is acknowledged, not one event at a time. */
const UNTIL_REMOVED = { release: () => undefined };

/** What {@link replaySpool} needs. */
export interface ReplayOptions {
  readonly outbox: SpoolOutbox;
  readonly retention: Retention;
  readonly producer: Pick<EventProducerOptions, 'appender' | 'limits' | 'observer'>;
  readonly logger: Logger;
  readonly now: () => number;
}

/**
 * Appends the spool of a dead gateway, ends the calls that died with it, and removes the files. It waits while Redis is
 * unavailable. A gateway that dies meanwhile leaves the files for the next one.
 */
export async function replaySpool(leftover: Leftover, options: ReplayOptions): Promise<void> {
  const { logger, outbox } = options;
  const { records, damaged } = leftover;
  const { sources, unordered, ends } = planReplay(records);
  const fields = { events: records.length, sources: sources.length, damaged_lines: damaged };
  logger.warn(
    { event: 'spool_replay_started', ...fields },
    'a gateway died and left events in its spool; sending them now',
  );
  const rest = unordered.flatMap(inBatches).map((request) => delivered(outbox, request));
  const replays: Promise<unknown>[] = [];
  for (let start = 0; start < sources.length; start += SOURCES_AT_ONCE) {
    const some = sources.slice(start, start + SOURCES_AT_ONCE);
    const replayed = Promise.all(some.map((runs) => replaySource(runs, options)));
    replays.push(replayed);
    await withDeadline(replayed, NEXT_SOURCES_AFTER_MS);
  }
  await Promise.all([...replays, ...rest]);
  // Only now: with an end before the last events of its call, the call would be persisted twice.
  await Promise.all(ends.map((request) => delivered(outbox, request)));
  await leftover.remove();
  logger.info(
    { event: 'spool_replayed', ...fields, ended_connections: ends.length },
    'all events of the spool are in Redis',
  );
}

async function replaySource(runs: readonly SpooledRun[], options: ReplayOptions): Promise<void> {
  const { retention, now } = options;
  const { appender, limits, observer } = options.producer;
  for (const { call, source, events } of runs) {
    // A name of its own for each run, and the same one in every attempt.
    const alias = `${source}.replay-${events[0]?.event.sourceSeq ?? 0}`;
    const producer = new EventProducer({ call, source, alias, appender, limits, observer });
    retention.add(producer);
    retention.close(producer, now());
    producer.resume(events, UNTIL_REMOVED);
    await producer.whenIdle();
  }
}

function delivered(outbox: SpoolOutbox, request: AppendRequest): Promise<void> {
  return new Promise((resolve) => outbox.deliver(request, resolve));
}

function inBatches({ events, ...request }: AppendRequest): AppendRequest[] {
  const requests: AppendRequest[] = [];
  for (let rest = events; rest.length > 0;) {
    const batch = takeBatch(rest);
    requests.push({ ...request, events: batch });
    rest = rest.slice(batch.length);
  }
  return requests;
}
