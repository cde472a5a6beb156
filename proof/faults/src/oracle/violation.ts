/** A promise that was broken. */
export interface Violation {
  /** The call, if it is about one. */
  readonly callSid?: string;
  readonly problem: string;
  /** An acknowledged event that is not in the record. */
  readonly isLoss?: boolean;
}
