import { type EventData, type EventOf } from '../events/call-event.ts';
import { type CallKey } from '../events/envelope.ts';
import { type JsonValue } from '../text/json.ts';
import { AppendOnlyList, AppendOnlySet } from './append-only.ts';
import { type Stamped } from './order.ts';

/**
 * The version of the fold's rules. A record says by which rules it was folded, so that a later change of them is not
 * taken for a damaged record.
 */
export const FOLD_VERSION = 3;

/** One connection of a call: a carrier's stream over one socket. */
export interface ConnectionState {
  readonly start?: Stamped<EventData<'call.started'>>;
  readonly end?: ConnectionEnd;
  readonly audio?: Stamped<EventData<'audio.summarised'>>;
}

/** How a connection ended: by the carrier's own word, or without it. */
export interface ConnectionEnd extends Stamped<string> {
  readonly kind: 'ended' | 'disconnected';
}

/** Everything that the events of one call say, folded. A value: each step makes a new one. */
export interface CallState {
  readonly call: CallKey;
  /** The number of distinct events in it. */
  readonly version: number;
  readonly eventIds: AppendOnlySet;
  readonly firstAt: string | undefined;
  readonly lastAt: string | undefined;
  readonly connections: Readonly<Record<string, ConnectionState>>;
  readonly turns: AppendOnlyList<EventOf<'turn.completed'>>;
  readonly objections: AppendOnlyList<EventOf<'objection.raised'>>;
  readonly consents: AppendOnlyList<EventOf<'consent.recorded'>>;
  readonly fields: Readonly<Record<string, Stamped<JsonValue>>>;
  readonly stage: Stamped<string> | undefined;
  readonly outcome: Stamped<string> | undefined;
  readonly speaking: Stamped<EventData<'speaking.changed'>> | undefined;
  readonly recordingUrl: Stamped<string> | undefined;
  readonly reports: CarrierReports;
  readonly toolCalls: number;
  readonly dtmfDigits: AppendOnlyList<EventOf<'dtmf.pressed'>>;
  /** The names of marks whose audio was played to the caller. */
  readonly playedMarks: AppendOnlySet;
  /** The names of marks whose audio was not, or not to its end. */
  readonly clearedMarks: AppendOnlySet;
  /** How often personal data was taken out before it was stored. */
  readonly redactions: number;
}

/** What a report said, and whether the carrier said so when it was asked. */
export interface Reported<T> extends Stamped<T> {
  readonly isConfirmed: boolean;
}

/** What the carrier reported outside the stream: the weightiest word on each thing. */
export interface CarrierReports {
  readonly status?: Reported<EventData<'call.status_reported'>['status']>;
  readonly from?: Reported<string>;
  readonly to?: Reported<string>;
  readonly direction?: Reported<string>;
  readonly initiatedAt?: Reported<string>;
  readonly answeredAt?: Reported<string>;
  readonly endedAt?: Reported<string>;
  readonly durationSeconds?: Reported<number>;
  readonly disconnectedBy?: Reported<string>;
  readonly error?: Reported<string>;
  readonly price?: Reported<string>;
}

/** A call of which nothing is known yet. */
export function initialState(call: CallKey): CallState {
  return {
    call,
    version: 0,
    eventIds: AppendOnlySet.empty(),
    firstAt: undefined,
    lastAt: undefined,
    connections: {},
    turns: AppendOnlyList.empty(),
    objections: AppendOnlyList.empty(),
    consents: AppendOnlyList.empty(),
    fields: {},
    stage: undefined,
    outcome: undefined,
    speaking: undefined,
    recordingUrl: undefined,
    reports: {},
    toolCalls: 0,
    dtmfDigits: AppendOnlyList.empty(),
    playedMarks: AppendOnlySet.empty(),
    clearedMarks: AppendOnlySet.empty(),
    redactions: 0,
  };
}
