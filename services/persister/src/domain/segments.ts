import { type FoldedLog, type LoggedEvent } from './fold-log.ts';

/** A stretch of a log without a hole: the texts of its entries `fromSeq` to `toSeq`. */
export interface Segment {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly events: readonly string[];
  /** The same in UTF-8, joined by commas, where the whole log is one stretch that came so. */
  readonly joinedEvents?: Buffer;
}

/**
 * The events after a seq as stretches for the archive. An entry that is no event leaves a hole between two. `joined` are
 * the texts of the whole log as they were read.
 */
export function segmentsAfter(
  { events, undecodable }: Pick<FoldedLog, 'events' | 'undecodable'>,
  afterSeq: number,
  joined?: Buffer,
): Segment[] {
  const runs = stretchesAfter(events, afterSeq);
  const [only] = runs;
  const isWholeLog = undecodable.length === 0 && only?.events.length === events.length;
  return isWholeLog && joined !== undefined ? [{ ...only, joinedEvents: joined }] : runs;
}

function stretchesAfter(events: readonly LoggedEvent[], afterSeq: number): Segment[] {
  return contiguousRuns(events.filter(({ seq }) => seq > afterSeq)).map((run) => {
    const fromSeq = run[0]?.seq ?? 0;
    return { fromSeq, toSeq: fromSeq + run.length - 1, events: run.map(({ text }) => text) };
  });
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
