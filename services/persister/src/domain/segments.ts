import { type JoinedEvents, type LoggedEvent } from './logged-events.ts';

/** A stretch of a log without a hole: its entries `fromSeq` to `toSeq`. */
export interface Segment {
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Their texts, or these in UTF-8 as items of a JSON array. */
  readonly events: readonly string[] | Buffer;
}

/** The events after a seq as stretches for the archive. An entry that is no event leaves a hole between two. */
export function segmentsAfter(events: readonly LoggedEvent[] | JoinedEvents, afterSeq: number): Segment[] {
  if (!isJoined(events)) return contiguousRuns(events.filter(({ seq }) => seq > afterSeq)).map(toSegment);
  const news = events.after(afterSeq);
  return news === undefined ? [] : [{ fromSeq: news.fromSeq, toSeq: news.toSeq, events: news.bytes }];
}

function isJoined(events: readonly LoggedEvent[] | JoinedEvents): events is JoinedEvents {
  return !Array.isArray(events);
}

function contiguousRuns(events: readonly LoggedEvent[]): LoggedEvent[][] {
  const runs: LoggedEvent[][] = [];
  for (const event of events) {
    const run = runs.at(-1);
    if (run?.at(-1)?.seq === event.seq - 1) run.push(event);
    else runs.push([event]);
  }
  return runs;
}

function toSegment(run: readonly LoggedEvent[]): Segment {
  const fromSeq = run[0]?.seq ?? 0;
  return { fromSeq, toSeq: fromSeq + run.length - 1, events: run.map(({ text }) => text) };
}
