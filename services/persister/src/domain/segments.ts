import { type LoggedEvent } from './fold-log.ts';

/** A stretch of a log without a hole: the texts of its entries `fromSeq` to `toSeq`. */
export interface Segment {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly events: readonly string[];
}

/** The events after a seq as stretches for the archive. An entry that is no event leaves a hole between two. */
export function segmentsAfter(events: readonly LoggedEvent[], afterSeq: number): Segment[] {
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
