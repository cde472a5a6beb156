/** Counts of a whole gateway, to which each relay adds. */
export interface RelayTally {
  agentSockets: number;
  agentConnects: number;
  agentFailures: number;
  droppedToAgent: number;
}
