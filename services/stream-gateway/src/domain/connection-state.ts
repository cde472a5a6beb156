import { type AudioCodec, type ParsedFrame, type SampleRate } from '@turnlog/exotel';
import { type StreamRequest } from './stream-request.ts';

/** A frame that arrived before the call was known. */
export interface HeldFrame {
  readonly frame: ParsedFrame;
  readonly atMs: number;
}

/**
 * One connection: a carrier's stream of one call over one socket.
 *
 * `waiting`  no `start` yet: frames are held
 * `open`     `call.started` was added
 * `over`     its end was added; what follows changes nothing
 */
export type ConnectionState = WaitingConnection | StartedConnection;

interface ConnectionFacts {
  readonly connectionId: string;
  readonly request: StreamRequest;
}

export interface WaitingConnection extends ConnectionFacts {
  readonly phase: 'waiting';
  readonly held: readonly HeldFrame[];
}

export interface StartedConnection extends ConnectionFacts {
  readonly phase: 'open' | 'over';
  readonly callSid: string;
  /** No frame named the call, so it is recorded under the connection's own id. */
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

/** A connection before its first frame. */
export function newConnection(connectionId: string, request: StreamRequest): WaitingConnection {
  return { phase: 'waiting', connectionId, request, held: [] };
}

/** How a connection ended: with the carrier's `stop`, or without it. */
export type Ending =
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: LossReason; readonly closeCode?: number };

/** Why a connection ended without a `stop`. */
export type LossReason =
  | 'socket_closed'
  | 'socket_error'
  /** The gateway failed at this call. */
  | 'internal_error'
  | 'idle'
  | 'half_open'
  /** Frames arrived, and none started a call. */
  | 'no_start'
  /** It exceeded MAX_CALL_MS. */
  | 'too_long'
  /** Its frames had more events than a gateway can keep while Redis accepts none. */
  | 'too_much'
  | 'drained'
  /** The agent closed its socket, and the gateway closed the carrier's for it. */
  | 'agent_hung_up'
  /** The agent can't be reached any more, and AGENT_GIVE_UP is `hangup`. */
  | 'agent_lost'
  /** The same socket started another call. */
  | 'superseded';
