import { type EventData, type EventHeader } from '../events/call-event.ts';
import { type CallKey } from '../events/envelope.ts';
import { FOLD_VERSION, type CallState } from '../fold/call-state.ts';
import { compareOrder, orderOf, type Stamped } from '../fold/order.ts';
import { definedOnly } from '../fold/records.ts';
import { type JsonValue } from '../text/json.ts';
import { toCallMetrics, type CallMetrics } from './call-metrics.ts';
import { wasAgentReached } from './agent-reached.ts';
import { toLegs, type CallLeg } from './call-legs.ts';
import { toCallStanding, toFailureCause } from './call-status.ts';
import {
  countingConsents,
  countingFields,
  countingObjections,
  countingOutcome,
  countingStage,
  countingStages,
  countingTools,
  countingTurns,
} from './counting-reports.ts';
import { withHeardText } from './heard-text.ts';
import { toKeysPressed } from './keys-pressed.ts';
import { inSpokenOrder, toTranscriptTurn, type TranscriptTurn } from './transcript.ts';

/** The record of a call, as its row in Postgres has it. Moments are ISO 8601 in UTC. */
export interface CallRecord {
  readonly call: CallKey;
  readonly version: number;
  readonly foldVersion: number;
  readonly status: EventData<'call.status_reported'>['status'];
  readonly endReason: string | undefined;
  readonly endedCleanly: boolean | undefined;
  /** Why the call or its stream failed, in the carrier's words. */
  readonly failureCause: string | undefined;
  /** False if the gateway could not reach the agent, or lost it before it did anything. */
  readonly agentReached: boolean | undefined;
  readonly stage: string | undefined;
  readonly outcome: string | undefined;
  readonly outcomeReason: string | undefined;
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
  /** Three letters, where the carrier names it. */
  readonly currency: string | undefined;
  /** The caller's own reference from when the call was placed: it links the call to a lead. */
  readonly customField: string | undefined;
  /** Other legs of the call, such as the colleagues who were dialled. */
  readonly legs: readonly CallLeg[];
  readonly transcript: readonly TranscriptTurn[];
  readonly collectedData: Readonly<Record<string, JsonValue>>;
  readonly objections: ReturnType<typeof toObjections>;
  /** Statements to the caller, and the answers. */
  readonly consents: ReturnType<typeof toConsents>;
  /** The stages in their order, with the times at which they began. */
  readonly stages: ReturnType<typeof toStages>;
  /** The tools in the order in which they were called, without their arguments and results. */
  readonly toolCalls: ReturnType<typeof toToolCalls>;
  /** Entries with blanks between them; the digits of a long one are written as `x`. */
  readonly keysPressed: string | undefined;
  readonly metrics: CallMetrics;
}

/** Derives the record from the folded state. Costs in proportion to the length of the call. */
export function toCallRecord(state: CallState): CallRecord {
  const start = firstStart(state);
  const { status, endReason, endedAt, isEndedCleanly } = toCallStanding(state);
  const agentReached = wasAgentReached(state);
  const outcome = countingOutcome(state);
  const { reports, started } = state;
  const turns = inSpokenOrder(countingTurns(state)).map((turn) => withHeardText(turn, state));
  const answeredAt = reports.answeredAt?.value ?? start?.order.at;
  return {
    call: state.call,
    version: state.version,
    foldVersion: FOLD_VERSION,
    status,
    endReason,
    endedCleanly: isEndedCleanly && agentReached !== false,
    failureCause: toFailureCause(state),
    agentReached,
    stage: countingStage(state),
    outcome: outcome?.outcome,
    outcomeReason: outcome?.reason,
    lead: toLead(state),
    fromNumber: reports.from?.value ?? started.from?.value,
    toNumber: reports.to?.value ?? started.to?.value,
    direction: reports.direction?.value ?? started.direction?.value,
    initiatedAt: reports.initiatedAt?.value ?? state.firstAt,
    answeredAt,
    endedAt,
    durationSeconds: reports.durationSeconds?.value ?? secondsBetween(answeredAt, endedAt),
    recordingUrl: state.recordingUrl?.value,
    price: reports.price?.value,
    currency: reports.price && reports.currency?.value,
    customField: reports.customField?.value ?? customFieldOf(state),
    legs: toLegs(state),
    transcript: turns.map(toTranscriptTurn),
    collectedData: toCollectedData(state),
    objections: toObjections(state),
    consents: toConsents(state),
    stages: toStages(state),
    toolCalls: toToolCalls(state),
    keysPressed: toKeysPressed(state),
    metrics: toCallMetrics(state, turns),
  };
}

/** The other party: the carrier's custom parameters, and its number if they have no `phone`. */
function toLead(state: CallState): Record<string, string> {
  const phone = state.reports.from?.value ?? state.started.from?.value;
  const parameters = Object.entries(state.started.parameters);
  return {
    ...(phone !== undefined && { phone }),
    ...Object.fromEntries(parameters.map(([name, { value }]) => [name, value])),
  };
}

/** The collected facts, by name. */
function toCollectedData(state: CallState): Record<string, JsonValue> {
  const fields = countingFields(state);
  const names = [...fields.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, fields.get(name)?.value ?? null]));
}

/** The objections in the order in which they were raised. */
function toObjections(state: CallState) {
  return inOrder(countingObjections(state)).map(({ at, data: { text, category } }) =>
    definedOnly({ text, category, timestamp: at }),
  );
}

function toStages(state: CallState) {
  return inOrder(countingStages(state)).map(({ at, data: { stage } }) => ({ stage, timestamp: at }));
}

function toToolCalls(state: CallState) {
  return inOrder(countingTools(state)).map(({ at, data: { name, durationMs, isFailed } }) =>
    definedOnly({ name, timestamp: at, duration_ms: durationMs, failed: isFailed || undefined }),
  );
}

/** The consents in the order in which they were given or refused. */
function toConsents(state: CallState) {
  return inOrder(countingConsents(state)).map(
    ({ at, data: { statement, given, purpose, statementVersion } }) =>
      definedOnly({ statement, given, purpose, statement_version: statementVersion, timestamp: at }),
  );
}

function inOrder<E extends EventHeader>(events: E[]): E[] {
  return events.sort((a, b) => compareOrder(orderOf(a), orderOf(b)));
}

/** Also a parameter of a stream's URL. */
function customFieldOf({ started: { parameters } }: CallState): string | undefined {
  const value = Object.hasOwn(parameters, 'CustomField') ? parameters['CustomField']?.value : undefined;
  return value === '' ? undefined : value;
}

function firstStart({ connections }: CallState): Stamped<EventData<'call.started'>> | undefined {
  return Object.values(connections)
    .flatMap(({ start }) => start ?? [])
    .sort((a, b) => compareOrder(a.order, b.order))[0];
}

function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}
