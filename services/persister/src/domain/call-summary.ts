import { type CallRecord } from '@turnlog/call-events';

/** What is told of a call that was persisted. */
export interface CallSummary {
  readonly version: number;
  /** How many turns its transcript has. */
  readonly exchanges: number;
  /** The names of the collected facts. */
  readonly fields: readonly string[];
}

export function summaryOf({ version, transcript, collectedData }: CallRecord): CallSummary {
  return { version, exchanges: transcript.length, fields: Object.keys(collectedData) };
}
