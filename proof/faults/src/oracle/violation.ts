/** Something that must hold and does not. */
export interface Violation {
  /** The call, where it is about one. */
  readonly callSid?: string;
  readonly problem: string;
  /** An acknowledged event that is not in the record: what must never be. */
  readonly isLoss?: boolean;
}
