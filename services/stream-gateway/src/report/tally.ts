import { type AudioTrack as Track } from '@turnlog/call-log';

/**
 * Plain counts that the busy paths add to; `/metrics` gets them from here in one go, because a labelled counter per frame
 * would cost more than the frame.
 */
export interface GatewayTally extends AudioTally, RelayTally {
  /** The carrier's frames by event. */
  readonly frames: Record<string, number>;
  /** Frames whose event is not known. */
  unknownFrames: number;
  /** The agent's frames by their results. */
  readonly agentFrames: Record<'relayed' | 'own' | 'dropped' | 'one_way', number>;
  readonly endings: Record<string, number>;
  unidentifiedCalls: number;
  /** Streams whose audio is announced in an encoding that is not known. */
  unknownEncodings: number;
  /** Calls that were ended because of a fault of the gateway. */
  faults: number;
}

export function newTally(): GatewayTally {
  return {
    frames: {},
    unknownFrames: 0,
    invalidFrames: {},
    agentFrames: { relayed: 0, own: 0, dropped: 0, one_way: 0 },
    endings: {},
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
export function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
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
  readonly invalidFrames: Record<string, number>;
}
