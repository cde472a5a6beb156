import { type Acknowledgement } from '@turnlog/agent-client';
import { reasonOf } from '../command-error.ts';

/** What happened to the messages of an agent. */
export interface AgentTally {
  appended: number;
  duplicate: number;
  rejected: number;
  /** The first reason for which a message was rejected or not acknowledged. */
  problem: string | undefined;
}

/** A tally without messages. */
export function newTally(): AgentTally {
  return { appended: 0, duplicate: 0, rejected: 0, problem: undefined };
}

/** Counts a message. Resolves when it is acknowledged or rejected. */
export async function countReceipt(receipt: Promise<Acknowledgement>, tally: AgentTally): Promise<void> {
  try {
    tally[(await receipt).status] += 1;
  } catch (error) {
    tally.rejected += 1;
    tally.problem ??= reasonOf(error);
  }
}
