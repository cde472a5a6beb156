import { type EventData } from '../events/call-event.ts';
import { type CallKey } from '../events/envelope.ts';
import {
  FOLD_VERSION,
  type CallState,
  type ConnectionEnd,
  type ConnectionState,
} from '../fold/call-state.ts';
import { compareEnds, isQuiet } from '../fold/connection-end.ts';
import { isTerminal } from '../fold/fold-carrier-report.ts';
import { compareOrder, orderOf, type Stamped } from '../fold/order.ts';
import { type JsonValue } from '../text/json.ts';
import { toCallMetrics, type CallMetrics } from './call-metrics.ts';
import { withHeardText } from './heard-text.ts';
import { inSpokenOrder, toTranscriptTurn, type TranscriptTurn } from './transcript.ts';

/** What a call came to, as its row in Postgres says it. Moments are ISO 8601 in UTC. */
export interface CallRecord {
  readonly call: CallKey;
  readonly version: number;
  readonly foldVersion: number;
  readonly status: EventData<'call.status_reported'>['status'];
  readonly endReason: string | undefined;
  readonly stage: string | undefined;
  readonly outcome: string | undefined;
  readonly lead: Readonly<Record<string, string>>;
  readonly fromNumber: string | undefined;
  readonly toNumber: string | undefined;
  readonly direction: string | undefined;
  readonly initiatedAt: string | undefined;
  readonly answeredAt: string | undefined;
  readonly endedAt: string | undefined;
  readonly durationSeconds: number | undefined;
  readonly recordingUrl: string | undefined;
  /** A decimal amount in the currency of the carrier's account. */
  readonly price: string | undefined;
  readonly transcript: readonly TranscriptTurn[];
  readonly collectedData: Readonly<Record<string, JsonValue>>;
  readonly objections: readonly {
    readonly text: string;
    readonly category?: string;
    readonly timestamp: string;
  }[];
  /** What the caller was told, or asked, and answered. */
  readonly consents: readonly {
    readonly statement: string;
    readonly given: boolean;
    readonly purpose?: string;
    readonly statement_version?: string;
    readonly timestamp: string;
  }[];
  readonly metrics: CallMetrics;
}

/** Derives the record from the folded state. Costs in proportion to the length of the call. */
export function toCallRecord(state: CallState): CallRecord {
  const start = firstStart(state);
  const end = lastEnd(state);
  const { reports } = state;
  const turns = inSpokenOrder(state.turns).map((turn) => withHeardText(turn, state));
  const fromNumber = reports.from?.value ?? start?.value.from;
  const answeredAt = reports.answeredAt?.value ?? start?.order.at;
  const endedAt = reports.endedAt?.value ?? end?.order.at;
  return {
    call: state.call,
    version: state.version,
    foldVersion: FOLD_VERSION,
    status: toCallStatus(state),
    endReason: toEndReason(state, end),
    stage: state.stage?.value,
    outcome: state.outcome?.value,
    lead: toLead(state),
    fromNumber,
    toNumber: reports.to?.value ?? start?.value.to,
    direction: reports.direction?.value ?? start?.value.direction,
    initiatedAt: reports.initiatedAt?.value ?? state.firstAt,
    answeredAt,
    endedAt,
    durationSeconds: reports.durationSeconds?.value ?? secondsBetween(answeredAt, endedAt),
    recordingUrl: state.recordingUrl?.value,
    price: reports.price?.value,
    transcript: turns.map(toTranscriptTurn),
    collectedData: toCollectedData(state),
    objections: toObjections(state),
    consents: toConsents(state),
    metrics: toCallMetrics(state, turns),
  };
}

/** The status of a call: the carrier's final word, else what its connections tell. */
export function toCallStatus(state: CallState): CallRecord['status'] {
  const reported = state.reports.status?.value;
  if (reported !== undefined && isTerminal(reported)) return reported;
  if (reported !== undefined && isUnheard(state)) return reported;
  const connections = Object.values(state.connections);
  if (connections.length > 0) return connections.every(isOver) ? 'completed' : 'in_progress';
  return reported ?? 'in_progress';
}

/** How the call ended. That a call fell quiet says less than anything the carrier reports of its end. */
function toEndReason({ reports }: CallState, end: ConnectionEnd | undefined): string | undefined {
  const isKnown = end !== undefined && !isQuiet(end);
  if (isKnown) return end.value;
  const reported = reports.disconnectedBy?.value ?? reports.error?.value;
  const status = reports.status?.value;
  return reported ?? (status !== undefined && isTerminal(status) ? undefined : end?.value);
}

/**
 * The other party: what the carrier's custom parameters say of it, and the number it called from or was called on where
 * they name no `phone` themselves.
 */
export function toLead(state: CallState): Record<string, string> {
  const start = firstStart(state);
  const phone = state.reports.from?.value ?? start?.value.from;
  return { ...(phone !== undefined && { phone }), ...start?.value.customParameters };
}

/** The collected facts, by name. */
export function toCollectedData({ fields }: CallState): Record<string, JsonValue> {
  const names = Object.keys(fields).sort();
  return Object.fromEntries(names.map((name) => [name, fields[name]?.value ?? null]));
}

/** The objections in the order in which they were raised. */
export function toObjections({ objections }: CallState): CallRecord['objections'] {
  return objections
    .toArray()
    .sort((a, b) => compareOrder(orderOf(a), orderOf(b)))
    .map(({ at, data }) => ({
      text: data.text,
      ...(data.category !== undefined && { category: data.category }),
      timestamp: at,
    }));
}

/** The consents in the order in which they were given or refused. */
export function toConsents({ consents }: CallState): CallRecord['consents'] {
  return consents
    .toArray()
    .sort((a, b) => compareOrder(orderOf(a), orderOf(b)))
    .map(({ at, data: { statement, given, purpose, statementVersion } }) => ({
      statement,
      given,
      ...(purpose !== undefined && { purpose }),
      ...(statementVersion !== undefined && { statement_version: statementVersion }),
      timestamp: at,
    }));
}

function firstStart({ connections }: CallState): Stamped<EventData<'call.started'>> | undefined {
  return Object.values(connections)
    .flatMap(({ start }) => start ?? [])
    .sort((a, b) => compareOrder(a.order, b.order))[0];
}

/** A call that only the carrier has spoken of: that it is quiet on our side does not mean that it is over. */
function isUnheard({ connections, turns }: CallState): boolean {
  const isSilent = ({ start, end }: ConnectionState) =>
    start === undefined && end !== undefined && isQuiet(end);
  return turns.length === 0 && Object.values(connections).every(isSilent);
}

function lastEnd(state: CallState): ConnectionEnd | undefined {
  const all = Object.values(state.connections);
  const reported = state.reports.status?.value;
  const isGoingOn = reported !== undefined && !isTerminal(reported) && isUnheard(state);
  if (isGoingOn || !all.every(isOver)) return undefined;
  return all
    .flatMap(({ end }) => end ?? [])
    .sort(compareEnds)
    .at(-1);
}

function isOver({ end }: ConnectionState): boolean {
  return end !== undefined;
}

function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}
