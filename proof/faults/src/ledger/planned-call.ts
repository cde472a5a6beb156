import { type JsonValue } from '@turnlog/call-events';

/** An agent's message, as it is sent over its socket or over HTTP. */
export type AgentMessage = Readonly<Record<string, JsonValue>> & {
  readonly event: string;
  readonly id: string;
};

/** A report of an agent, and the time since the previous one. */
export interface PlannedEvent {
  readonly afterMs: number;
  readonly message: AgentMessage;
  /** Whether the agent reports it a second time although it was acknowledged. */
  readonly isRepeated: boolean;
}

/**
 * How an agent reports.
 * - `socket`: on the socket that the gateway opened; after it breaks, unanswered messages go over HTTP.
 * - `http`: over HTTP.
 */
export type ReportVia = 'socket' | 'http';

/**
 * The audio of a line.
 * - `usual`: a frame of half a second twice a second, as a telephone has it.
 * - `loud`: a frame of a second at three times the sample rate, once a second.
 */
export type LineAudio = 'usual' | 'loud';

/** A call to play. Only its times depend on when it is played. */
export interface PlannedCall {
  readonly callSid: string;
  readonly startAfterMs: number;
  readonly via: ReportVia;
  /** Without a line, the call exists only in its agent's reports. */
  readonly hasLine: boolean;
  /** `usual` by default. */
  readonly audio?: LineAudio;
  /** How many of the planned events come only after the caller has hung up. */
  readonly lateEvents: number;
  readonly events: readonly PlannedEvent[];
}
