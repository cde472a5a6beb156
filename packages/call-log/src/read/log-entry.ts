/** One event as the log holds it. */
export interface LogEntry {
  readonly seq: number;
  /** The encoded event. */
  readonly text: string;
}
