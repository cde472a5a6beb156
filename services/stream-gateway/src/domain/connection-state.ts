import { type AudioCodec, type ParsedFrame, type SampleRate } from '@turnlog/exotel';
import { type StreamRequest } from './stream-request.ts';

/** A frame that came before it was known which call it belongs to. */
export interface HeldFrame {
  readonly frame: ParsedFrame;
  readonly atMs: number;
}

/**
 * What is known of one connection: a carrier's stream of one call over one socket.
 *
 * `waiting`  no `start` yet: frames are held
 * `open`     `call.started` is out
 * `over`     its end is out; whatever follows changes nothing
 */
export type ConnectionState = WaitingConnection | StartedConnection;

interface ConnectionFacts {
  readonly connectionId: string;
  readonly request: StreamRequest;
}

/** Before `start`. */
export interface WaitingConnection extends ConnectionFacts {
  readonly phase: 'waiting';
  readonly held: readonly HeldFrame[];
}

/** From `start` on. */
export interface StartedConnection extends ConnectionFacts {
  readonly phase: 'open' | 'over';
  readonly callSid: string;
  /** Nothing said which call it is, so the connection's own id stands in for it. */
  readonly isUnidentified: boolean;
  readonly streamSid: string | undefined;
  readonly accountSid: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly sampleRate: SampleRate;
  /** Of the audio, as `start` announced it. */
  readonly encoding: string | undefined;
  readonly codec: AudioCodec;
  readonly startedAtMs: number;
}

/** A connection of which no frame has come. */
export function newConnection(connectionId: string, request: StreamRequest): WaitingConnection {
  return { phase: 'waiting', connectionId, request, held: [] };
}

/** How a connection ended: by the carrier's own word, or without it. */
export type Ending =
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: LossReason; readonly closeCode?: number };

/** Why a connection is over although the carrier didn't say so. */
export type LossReason =
  | 'socket_closed'
  | 'socket_error'
  /** The gateway failed at this call: a fault of ours, which its log names. */
  | 'internal_error'
  | 'idle'
  | 'half_open'
  /** Frames came, and no call began of them. */
  | 'no_start'
  /** It went on for longer than a call may. */
  | 'too_long'
  /** Its frames brought more events than a gateway can keep while Redis takes none. */
  | 'too_much'
  | 'drained'
  /** The agent closed its socket, and the gateway closed the carrier's: the only way to end a call from here. */
  | 'agent_hung_up'
  /** The agent is lost for good, and AGENT_GIVE_UP says to end the call then. */
  | 'agent_lost'
  /** The same socket went on with another call. */
  | 'superseded';
