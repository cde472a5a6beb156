/** Which way bytes go. */
export type Direction = 'toServer' | 'toClient';

/** What befalls the bytes of one direction; nothing where a field is missing. */
export interface LaneFaults {
  /** How late everything arrives. */
  readonly latencyMs?: number;
  /** At random up to so much later. The order is kept. */
  readonly jitterMs?: number;
  /** Chunks are cut into pieces of one to so many bytes … */
  readonly sliceBytes?: number;
  /** … that arrive so far apart. */
  readonly sliceDelayMs?: number;
  readonly bytesPerSecond?: number;
  /** Nothing gets through, not even the end of a connection, and nobody is told. What was sent arrives afterwards. */
  readonly isBlackHole?: boolean;
}

/** The faults of both directions. */
export type Faults = Readonly<Partial<Record<Direction, LaneFaults>>>;

/** The same faults both ways. */
export function bothWays(faults: LaneFaults): Faults {
  return { toServer: faults, toClient: faults };
}
