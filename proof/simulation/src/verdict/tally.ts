/** What was checked, and the losses that the durability allows. */
export interface Tally {
  /** Events that were acknowledged. */
  acknowledged: number;
  /** Those of them that are gone: Redis lost them, and the processes that had them were dead. */
  lost: number;
  /** Connections whose end no living process could report. */
  leftOpen: number;
  /**
   * Rows that lack events of their archive: for a log's second epoch, archiving and merging are two steps,
   * and between them Redis lost the request for the second.
   */
  behind: number;
}

export function emptyTally(): Tally {
  return { acknowledged: 0, lost: 0, leftOpen: 0, behind: 0 };
}

/** Several tallies as one. */
export function addUp(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const { acknowledged, lost, leftOpen, behind } of tallies) {
    sum.acknowledged += acknowledged;
    sum.lost += lost;
    sum.leftOpen += leftOpen;
    sum.behind += behind;
  }
  return sum;
}
