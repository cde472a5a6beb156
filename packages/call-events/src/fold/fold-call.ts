import { type CallEvent, type EventOf } from '../events/call-event.ts';
import { type CallState, type ConnectionEnd, type ConnectionState } from './call-state.ts';
import { compareEnds } from './connection-end.ts';
import { foldCarrierReport } from './fold-carrier-report.ts';
import { foldLeg } from './fold-leg.ts';
import { foldStart } from './fold-start.ts';
import { identityOf } from '../events/identity.ts';
import { newest, oldest, orderOf } from './order.ts';
import { isReport, type Report } from './revisions.ts';

/**
 * One step of the fold. Pure, and free of arrival order: the same events in any order, any of them repeated, give the
 * same record. Its cost does not grow with the length of the call.
 */
export function foldCall(state: CallState, event: CallEvent): CallState {
  return foldEvents(state, [event]);
}

/** As many steps of {@link foldCall}, for the price of one copy of the state. */
export function foldEvents(state: CallState, events: Iterable<CallEvent>): CallState {
  const draft = new Draft(state);
  for (const event of events) take(draft, event);
  return draft.state.version === state.version ? state : draft.state;
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

/** A state on its way: nobody else has seen it yet, and what it has copied of the one before is its own. */
class Draft {
  readonly state: Mutable<CallState>;
  readonly #base: CallState;

  constructor(base: CallState) {
    this.#base = base;
    this.state = { ...base };
  }

  /** The connections, to be changed. */
  get connections(): Mutable<CallState['connections']> {
    if (this.state.connections === this.#base.connections)
      this.state.connections = copyOf(this.state.connections);
    return this.state.connections;
  }
}

function take(draft: Draft, event: CallEvent): void {
  const { state } = draft;
  const eventIds = state.eventIds.add(identityOf(event));
  if (eventIds === state.eventIds) return;
  state.eventIds = eventIds;
  state.version += 1;
  if (state.firstAt === undefined || event.at < state.firstAt) state.firstAt = event.at;
  if (state.lastAt === undefined || event.at > state.lastAt) state.lastAt = event.at;
  if (event.redactions !== undefined) state.redactions += event.redactions;
  if (isReport(event) && !isFirstOfItsId(state, event)) {
    state.superseded += 1;
    if (event.type === 'turn.completed') state.supersededTurns += 1;
    if (event.type === 'tool.called') return;
  }
  change(draft, event);
}

/** Whether no other report of its id was seen. Only an agent gives ids that come again, and they have a colon. */
function isFirstOfItsId(state: Draft['state'], { id }: Report): boolean {
  if (!id.includes(':')) return true;
  const reportIds = state.reportIds.add(id);
  const isFirst = reportIds !== state.reportIds;
  state.reportIds = reportIds;
  return isFirst;
}

function change(draft: Draft, event: CallEvent): void {
  const { state } = draft;
  switch (event.type) {
    case 'call.started':
      changeConnection(draft, event.data.connectionId, ({ start }) => ({
        start: oldest(start, { value: event.data, order: orderOf(event) }),
      }));
      state.started = foldStart(state.started, event);
      break;
    case 'call.ended':
    case 'call.disconnected':
      changeConnection(draft, event.data.connectionId, ({ end }) => ({ end: laterEnd(end, endOf(event)) }));
      break;
    case 'audio.summarised':
      changeConnection(draft, event.data.connectionId, ({ audio }) => ({
        audio: newest(audio, { value: event.data, order: orderOf(event) }),
      }));
      break;
    case 'turn.completed':
      state.turns = state.turns.push(event);
      break;
    case 'data.collected':
      state.collected = state.collected.push(event);
      break;
    case 'stage.changed':
      state.stages = state.stages.push(event);
      state.stage = newest(state.stage, { value: event.data.stage, order: orderOf(event) });
      break;
    case 'objection.raised':
      state.objections = state.objections.push(event);
      break;
    case 'outcome.decided':
      state.outcomes = state.outcomes.push(event);
      state.outcome = newest(state.outcome, { value: event.data.outcome, order: orderOf(event) });
      break;
    case 'tool.called':
      state.toolCalls += 1;
      break;
    case 'speaking.changed':
      state.speaking = newest(state.speaking, { value: event.data, order: orderOf(event) });
      break;
    case 'dtmf.pressed':
      state.dtmfDigits = state.dtmfDigits.push(event);
      break;
    case 'mark.played':
      if (event.data.heard !== false) state.playedMarks = state.playedMarks.add(event.data.name);
      break;
    case 'playback.cleared':
      for (const name of event.data.marks) state.clearedMarks = state.clearedMarks.add(name);
      break;
    case 'call.status_reported':
      state.reports = foldCarrierReport(state.reports, event);
      state.legs = foldLeg(state.legs, event);
      changeRecording(state, event, event.data.recordingUrl);
      break;
    case 'recording.available':
      changeRecording(state, event, event.data.url);
      break;
    case 'consent.recorded':
      state.consents = state.consents.push(event);
      break;
    case 'unknown':
      break;
  }
}

function changeConnection(
  { connections }: Draft,
  connectionId: string,
  changeOf: (connection: ConnectionState) => ConnectionState,
): void {
  const connection = connections[connectionId] ?? {};
  connections[connectionId] = { ...connection, ...changeOf(connection) };
}

function endOf(event: EventOf<'call.ended'> | EventOf<'call.disconnected'>): ConnectionEnd {
  const kind = event.type === 'call.ended' ? 'ended' : 'disconnected';
  return { kind, value: event.data.reason, order: orderOf(event) };
}

function laterEnd(current: ConnectionEnd | undefined, candidate: ConnectionEnd): ConnectionEnd {
  return current !== undefined && compareEnds(current, candidate) > 0 ? current : candidate;
}

/**
 * By names that come out of a call: without a prototype, so that `__proto__` is a name like any other, and so that the
 * engine does not make a new shape of objects for each name.
 */
function copyOf<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, record);
}

function changeRecording(state: Draft['state'], event: CallEvent, url: string | undefined): void {
  if (url !== undefined)
    state.recordingUrl = newest(state.recordingUrl, { value: url, order: orderOf(event) });
}
