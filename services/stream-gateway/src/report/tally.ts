import { type AudioTrack as Track } from '@turnlog/call-log';

/**
 * Plain counts that the busy paths add to; `/metrics` gets them from here in one go, because a labelled counter per frame
 * would cost more than the frame.
 */
export interface GatewayTally extends AudioTally, RelayTally {
  /** The carrier's frames by event. */
  readonly frames: Map<string, number>;
  /** Frames whose event is not known. */
  unknownFrames: number;
  /** The agent's frames by what became of them. */
  readonly agentFrames: Record<'relayed' | 'own' | 'dropped' | 'one_way', number>;
  readonly endings: Map<string, number>;
  unidentifiedCalls: number;
  /** Streams whose audio is announced in an encoding that is not known. */
  unknownEncodings: number;
  /** Calls that were ended because of a fault of the gateway. */
  faults: number;
}

export function newTally(): GatewayTally {
  return {
    frames: new Map(),
    unknownFrames: 0,
    invalidFrames: new Map(),
    agentFrames: { relayed: 0, own: 0, dropped: 0, one_way: 0 },
    endings: new Map(),
    unidentifiedCalls: 0,
    unknownEncodings: 0,
    faults: 0,
    audioBytes: { inbound: 0, outbound: 0 },
    oddFrames: 0,
    agentSockets: 0,
    agentConnects: 0,
    agentFailures: 0,
    droppedToAgent: 0,
  };
}

/** Adds to one of several counts. */
export function count(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

/** Counts of a whole gateway, to which each relay adds. */
export interface RelayTally {
  agentSockets: number;
  agentConnects: number;
  agentFailures: number;
  droppedToAgent: number;
}

/** Counts of a whole gateway, to which each recorder adds. */
export interface AudioTally {
  readonly audioBytes: Record<Track, number>;
  oddFrames: number;
  readonly invalidFrames: Map<string, number>;
}
