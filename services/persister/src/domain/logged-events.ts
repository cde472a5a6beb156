/** One entry of a call's log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly text: string;
}

/** Entries without a hole between them, their texts in one piece. */
export interface JoinedEvents {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly count: number;
  /** The texts in UTF-8, as items of a JSON array: with a comma, and perhaps a space or a line break, between them. */
  readonly bytes: Buffer;
  /** The same as a string. */
  text(): string;
  /** Those that come after a seq; `undefined` when none does. */
  after(seq: number): JoinedEvents | undefined;
}

/** What was read of a log. */
export interface ReadLog {
  readonly entries: readonly LoggedEvent[];
  /** The same, where it came so: then `entries` had better not be asked for. */
  readonly joined?: JoinedEvents;
}
