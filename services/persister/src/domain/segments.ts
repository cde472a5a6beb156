/** One entry of a call's log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly text: string;
}

/** Entries without a gap between them, their texts in one piece. */
export interface JoinedEvents {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
  /** The texts in UTF-8, as items of a JSON array: with a comma, and perhaps a space or a line break, between them. */
  readonly bytes: Buffer;
  /** The same as a string. */
  text(): string;
  /** Those after a seq; `undefined` if there are none. */
  after(seq: number): JoinedEvents | undefined;
}

/** What was read of a log. */
export interface ReadLog {
  readonly entries: readonly LoggedEvent[];
  /** The same in one piece, if it was read so: `entries` is then expensive to read. */
  readonly joined?: JoinedEvents;
}

/** A stretch of a log without a gap: its entries `fromSeq` to `toSeq`. */
export interface Segment {
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Their texts, or these in UTF-8 as items of a JSON array. */
  readonly events: readonly string[] | Buffer;
}

/** The events after a seq as stretches for the archive. An entry that is not an event leaves a gap between two. */
export function segmentsAfter(events: readonly LoggedEvent[] | JoinedEvents, afterSeq: number): Segment[] {
  if (!isJoined(events)) return contiguousRuns(events.filter(({ seq }) => seq > afterSeq)).map(toSegment);
  const news = events.after(afterSeq);
  return news === undefined ? [] : [{ fromSeq: news.fromSeq, toSeq: news.toSeq, events: news.bytes }];
}

/** The same stretches; adjacent ones are joined if both are bytes. */
export function joinSegments(segments: readonly Segment[]): Segment[] {
  const joined: Segment[] = [];
  let pieces: Buffer[] = [];
  for (const segment of segments) {
    const last = joined.at(-1);
    const { events } = segment;
    if (Buffer.isBuffer(events) && pieces.length > 0 && last?.toSeq === segment.fromSeq - 1) {
      pieces.push(COMMA, events);
      joined[joined.length - 1] = { ...last, toSeq: segment.toSeq };
    } else {
      closePieces(joined, pieces);
      joined.push(segment);
      pieces = Buffer.isBuffer(events) ? [events] : [];
    }
  }
  closePieces(joined, pieces);
  return joined;
}

const COMMA = Buffer.from(',\n');

function closePieces(joined: Segment[], pieces: readonly Buffer[]): void {
  const last = joined.at(-1);
  if (last !== undefined && pieces.length > 1)
    joined[joined.length - 1] = { ...last, events: Buffer.concat(pieces) };
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
