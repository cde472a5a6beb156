/** One event in the log. */
export interface LogEntry {
  readonly seq: number;
  /** The encoded event. */
  readonly text: string;
}
