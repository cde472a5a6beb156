import { type EventData, type EventHeader, type EventOf } from '../events/call-event.ts';
import { type CallKey } from '../events/envelope.ts';
import { AppendOnlyList, AppendOnlySet } from './append-only.ts';
import { CollectedReports } from './collected-reports.ts';
import { type Stamped } from './order.ts';

/** The version of the fold's rules. A record of other rules is not taken for a damaged one. */
export const FOLD_VERSION = 4;

/** What was decided about a call, and why. */
export type Outcome = Pick<EventData<'outcome.decided'>, 'outcome' | 'reason'>;

/** A tool that was called: without its arguments and its result, which may be large. */
export type ToolEvent = EventHeader & { readonly data: ToolUse };

/** Which tool was called, how long it took, and whether it failed. */
export interface ToolUse {
  readonly name: string;
  readonly durationMs: number | undefined;
  readonly isFailed: boolean;
}

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

/** The events of one call, folded. A value: each step makes a new one. */
export interface CallState {
  readonly call: CallKey;
  /** The number of distinct events in it. */
  readonly version: number;
  /** The identities of the events in it. */
  readonly eventIds: AppendOnlySet;
  /** The ids of the reports in it, which the revisions of a report share. */
  readonly reportIds: AppendOnlySet;
  /** How many reports do not count, because another one of their id does. */
  readonly superseded: number;
  readonly supersededTurns: number;
  readonly firstAt: string | undefined;
  readonly lastAt: string | undefined;
  readonly connections: Readonly<Record<string, ConnectionState>>;
  /** Facts about the call from the starts of all connections. */
  readonly started: StartedFacts;
  /** Other legs of the call, by their number. */
  readonly legs: Readonly<Record<string, LegState>>;
  readonly turns: AppendOnlyList<EventOf<'turn.completed'>>;
  readonly objections: AppendOnlyList<EventOf<'objection.raised'>>;
  readonly consents: AppendOnlyList<EventOf<'consent.recorded'>>;
  readonly collected: CollectedReports;
  readonly stages: AppendOnlyList<EventOf<'stage.changed'>>;
  readonly outcomes: AppendOnlyList<EventOf<'outcome.decided'>>;
  /** The newest stage and outcome: right as long as no report was superseded. */
  readonly stage: Stamped<string> | undefined;
  readonly outcome: Stamped<Outcome> | undefined;
  readonly speaking: Stamped<EventData<'speaking.changed'>> | undefined;
  readonly recordingUrl: Stamped<string> | undefined;
  readonly reports: CarrierReports;
  readonly toolCalls: AppendOnlyList<ToolEvent>;
  readonly dtmfDigits: AppendOnlyList<EventOf<'dtmf.pressed'>>;
  /** Whether the agent could not be reached, or was lost for good. */
  readonly isAgentUnreachable: boolean;
  /** The names of marks whose audio was played to the caller. */
  readonly playedMarks: AppendOnlySet;
  /** The names of marks whose audio was not, or not to its end. */
  readonly clearedMarks: AppendOnlySet;
  /** How often personal data was taken out before it was stored. */
  readonly redactions: number;
}

/** A reported fact, and whether the carrier confirmed it when it was asked. */
export interface Reported<T> extends Stamped<T> {
  readonly isConfirmed: boolean;
}

/** Facts about a call from the starts of its connections; the first start that has a fact takes precedence. */
export interface StartedFacts {
  readonly from?: Stamped<string>;
  readonly to?: Stamped<string>;
  readonly direction?: Stamped<string>;
  readonly parameters: Readonly<Record<string, Stamped<string>>>;
}

/** Another leg of the call: the newest word on each thing. */
export interface LegState {
  readonly number?: Stamped<string>;
  readonly agent?: Stamped<string>;
  readonly status?: Stamped<string>;
  readonly event?: Stamped<string>;
  readonly durationSeconds?: Stamped<number>;
  /** Of the first report on it. */
  readonly first: Stamped<true>;
}

/** The fields of a carrier report that describe the call itself, its status aside. */
export const REPORTED_FIELDS = [
  'statusWord',
  'from',
  'to',
  'direction',
  'initiatedAt',
  'answeredAt',
  'endedAt',
  'durationSeconds',
  'disconnectedBy',
  'error',
  'cause',
  'price',
  'currency',
  'customField',
] as const;

type ReportedFields = {
  readonly [F in (typeof REPORTED_FIELDS)[number]]?: Reported<
    NonNullable<EventData<'call.status_reported'>[F]>
  >;
};

/** What the carrier reported outside the stream: of each fact the weightiest report. */
export interface CarrierReports extends ReportedFields {
  readonly status?: ReportedStatus;
  /** The stream is over: what comes after it is the carrier's own. */
  readonly streamEnd?: Reported<true>;
}

/** A status, and whether the carrier named it. */
export interface ReportedStatus extends Reported<EventData<'call.status_reported'>['status']> {
  readonly isAssumed?: boolean;
}

/** A call of which nothing is known yet. */
export function initialState(call: CallKey): CallState {
  return {
    call,
    version: 0,
    eventIds: AppendOnlySet.empty(),
    reportIds: AppendOnlySet.empty(),
    superseded: 0,
    supersededTurns: 0,
    firstAt: undefined,
    lastAt: undefined,
    connections: {},
    started: { parameters: {} },
    legs: {},
    turns: AppendOnlyList.empty(),
    objections: AppendOnlyList.empty(),
    consents: AppendOnlyList.empty(),
    collected: CollectedReports.of([]),
    stages: AppendOnlyList.empty(),
    outcomes: AppendOnlyList.empty(),
    stage: undefined,
    outcome: undefined,
    speaking: undefined,
    recordingUrl: undefined,
    reports: {},
    toolCalls: AppendOnlyList.empty(),
    isAgentUnreachable: false,
    dtmfDigits: AppendOnlyList.empty(),
    playedMarks: AppendOnlySet.empty(),
    clearedMarks: AppendOnlySet.empty(),
    redactions: 0,
  };
}
