import { type JsonValue } from '@turnlog/call-events';

/** A message by which an agent reports, as it goes over its socket or over HTTP. */
export type AgentMessage = Readonly<Record<string, JsonValue>> & {
  readonly event: string;
  readonly id: string;
};

/** What an agent is going to report, and how long after the report before. */
export interface PlannedEvent {
  readonly afterMs: number;
  readonly message: AgentMessage;
  /** Whether a nervous agent reports it a second time although it was acknowledged. */
  readonly isRepeated: boolean;
}

/**
 * How an agent reports.
 * - `socket`: on the socket that the gateway opened to it; what is unanswered when it breaks, over HTTP.
 * - `http`: over HTTP.
 */
export type ReportVia = 'socket' | 'http';

/**
 * What a line streams.
 * - `usual`: a frame of half a second twice a second, as a telephone has it.
 * - `loud`: a frame of a second at three times the sample rate, once a second.
 */
export type LineAudio = 'usual' | 'loud';

/** A call that is going to be played. Nothing of it depends on when it is played but its times. */
export interface PlannedCall {
  readonly callSid: string;
  readonly startAfterMs: number;
  readonly via: ReportVia;
  /** Without one, Turnlog knows the call from its agent's reports alone. */
  readonly hasLine: boolean;
  /** `usual` by default. */
  readonly audio?: LineAudio;
  /** Of the events that are planned, which come only after the caller has hung up. */
  readonly lateEvents: number;
  readonly events: readonly PlannedEvent[];
}
