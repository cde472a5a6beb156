/** What there was to judge, and what was not kept as the levels of durability say it may not be. */
export interface Tally {
  /** Events that were acknowledged. */
  acknowledged: number;
  /** Those of them that are gone: Redis lost them, and whoever had them was dead. */
  lost: number;
  /** Connections of which nobody was left to tell that they are over. */
  leftOpen: number;
  /**
   * Rows that lack events of their archive: of a log's second life, archiving and merging are two steps, and between them
   * Redis forgot that the second one was to be done.
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
