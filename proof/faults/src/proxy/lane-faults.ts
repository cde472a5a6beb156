/** The direction of bytes. */
export type Direction = 'toServer' | 'toClient';

/** The faults of one direction; none if a field is missing. */
export interface LaneFaults {
  /** The latency of all data. */
  readonly latencyMs?: number;
  /** Additional random latency up to this. The order is kept. */
  readonly jitterMs?: number;
  /** Chunks are cut into pieces of one to this many bytes … */
  readonly sliceBytes?: number;
  /** … that arrive this far apart. */
  readonly sliceDelayMs?: number;
  readonly bytesPerSecond?: number;
  /**
   * Nothing gets through, not even the end of a connection, and neither side notices. Sent data arrives
   * afterwards.
   */
  readonly isBlackHole?: boolean;
}

/** The faults of both directions. */
export type Faults = Readonly<Partial<Record<Direction, LaneFaults>>>;

/** The same faults both ways. */
export function bothWays(faults: LaneFaults): Faults {
  return { toServer: faults, toClient: faults };
}
