/** What became of the messages that an agent sent. */
export interface AgentTally {
  appended: number;
  duplicate: number;
  rejected: number;
  /** The first reason for which a message was rejected, or not sent. */
  problem: string | undefined;
}

/** A tally of nothing yet. */
export function newTally(): AgentTally {
  return { appended: 0, duplicate: 0, rejected: 0, problem: undefined };
}
