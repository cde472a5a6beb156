import { type CallEvent, type EventOf, type EventType } from '../events/call-event.ts';
import { type CallState, type ConnectionEnd, type ConnectionState, type ToolEvent } from './call-state.ts';
import { compareEnds } from './connection-end.ts';
import { foldCarrierReport } from './fold-carrier-report.ts';
import { foldLeg } from './fold-leg.ts';
import { foldStart } from './fold-start.ts';
import { identityOf } from '../events/identity.ts';
import { newest, oldest, stamp } from './order.ts';
import { copyByName } from './records.ts';
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
  for (const event of events) addEvent(draft, event);
  return draft.state.version === state.version ? state : draft.state;
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

/** A state in progress, which is not shared yet. It copies the connections before it changes the first one. */
class Draft {
  readonly state: Mutable<CallState>;
  readonly #base: CallState;

  constructor(base: CallState) {
    this.#base = base;
    this.state = { ...base };
  }

  changeConnection(id: string, changeOf: (connection: ConnectionState) => ConnectionState): void {
    const { state } = this;
    if (state.connections === this.#base.connections) state.connections = copyByName(state.connections);
    const connections: Mutable<CallState['connections']> = state.connections;
    const connection = connections[id] ?? {};
    connections[id] = { ...connection, ...changeOf(connection) };
  }
}

function addEvent(draft: Draft, event: CallEvent): void {
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
  }
  if (event.type !== 'unknown') (CHANGES[event.type] as Change<typeof event.type>)(draft, event);
}

/** Whether no other report of its id was seen. Only an agent gives ids that come again, and they have a colon. */
function isFirstOfItsId(state: Draft['state'], { id }: Report): boolean {
  if (!id.includes(':')) return true;
  const reportIds = state.reportIds.add(id);
  const isFirst = reportIds !== state.reportIds;
  state.reportIds = reportIds;
  return isFirst;
}

type Change<T extends EventType> = (draft: Draft, event: EventOf<T>) => void;

/** What an event changes, by its type. */
const CHANGES: { readonly [T in EventType]: Change<T> } = {
  'call.started': (draft, event) => {
    const { state } = draft;
    draft.changeConnection(event.data.connectionId, ({ start }) => ({
      start: oldest(start, stamp(event, event.data)),
    }));
    state.started = foldStart(state.started, event);
  },
  'call.ended': changeEnd,
  'call.disconnected': changeEnd,
  'agent.unreachable': ({ state }) => (state.isAgentUnreachable = true),
  'audio.summarised': (draft, event) =>
    draft.changeConnection(event.data.connectionId, ({ audio }) => ({
      audio: newest(audio, stamp(event, event.data)),
    })),
  'turn.completed': ({ state }, event) => (state.turns = state.turns.push(event)),
  'data.collected': ({ state }, event) => (state.collected = state.collected.push(event)),
  'stage.changed': ({ state }, event) => {
    state.stages = state.stages.push(event);
    state.stage = newest(state.stage, stamp(event, event.data.stage));
  },
  'objection.raised': ({ state }, event) => (state.objections = state.objections.push(event)),
  'outcome.decided': ({ state }, event) => {
    state.outcomes = state.outcomes.push(event);
    const { outcome, reason } = event.data;
    state.outcome = newest(state.outcome, stamp(event, { outcome, reason }));
  },
  'tool.called': ({ state }, event) => (state.toolCalls = state.toolCalls.push(toolEventOf(event))),
  'speaking.changed': ({ state }, event) =>
    (state.speaking = newest(state.speaking, stamp(event, event.data))),
  'dtmf.pressed': ({ state }, event) => (state.dtmfDigits = state.dtmfDigits.push(event)),
  'mark.played': ({ state }, { data }) => {
    if (data.heard !== false) state.playedMarks = state.playedMarks.add(data.name);
  },
  'playback.cleared': ({ state }, { data }) => {
    for (const name of data.marks) state.clearedMarks = state.clearedMarks.add(name);
  },
  'call.status_reported': ({ state }, event) => {
    state.reports = foldCarrierReport(state.reports, event);
    state.legs = foldLeg(state.legs, event);
    changeRecording(state, event, event.data.recordingUrl);
  },
  'recording.available': ({ state }, event) => changeRecording(state, event, event.data.url),
  'consent.recorded': ({ state }, event) => (state.consents = state.consents.push(event)),
};

function changeEnd(draft: Draft, event: EventOf<'call.ended'> | EventOf<'call.disconnected'>): void {
  const kind = event.type === 'call.ended' ? 'ended' : 'disconnected';
  const candidate: ConnectionEnd = { kind, ...stamp(event, event.data.reason) };
  draft.changeConnection(event.data.connectionId, ({ end }) => ({
    end: end !== undefined && compareEnds(end, candidate) > 0 ? end : candidate,
  }));
}

function toolEventOf({ original: _, data, ...header }: EventOf<'tool.called'>): ToolEvent {
  const { name, durationMs, error } = data;
  return { ...header, data: { name, durationMs, isFailed: error !== undefined } };
}

function changeRecording(state: Draft['state'], event: CallEvent, url: string | undefined): void {
  if (url !== undefined) state.recordingUrl = newest(state.recordingUrl, stamp(event, url));
}
