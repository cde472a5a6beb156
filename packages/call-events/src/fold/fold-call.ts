import { type CallEvent, type EventOf } from '../events/call-event.ts';
import { type CallState, type ConnectionEnd, type ConnectionState } from './call-state.ts';
import { compareEnds } from './connection-end.ts';
import { foldCarrierReport } from './fold-carrier-report.ts';
import { newest, oldest, orderOf } from './order.ts';

/**
 * One step of the fold. Pure, and free of arrival order: the same events in any order, any of them repeated, give the
 * same record. Its cost does not grow with the length of the call.
 */
export function foldCall(state: CallState, event: CallEvent): CallState {
  return foldEvents(state, [event]);
}

/** As many steps of {@link foldCall}, for the price of one copy of the state. */
export function foldEvents(state: CallState, events: Iterable<CallEvent>): CallState {
  const draft: Draft = { ...state };
  for (const event of events) take(draft, event);
  return draft.version === state.version ? state : draft;
}

/** A state on its way: nobody else has seen it yet. */
type Draft = { -readonly [Field in keyof CallState]: CallState[Field] };

function take(draft: Draft, event: CallEvent): void {
  const eventIds = draft.eventIds.add(event.id);
  if (eventIds === draft.eventIds) return;
  draft.eventIds = eventIds;
  draft.version += 1;
  if (draft.firstAt === undefined || event.at < draft.firstAt) draft.firstAt = event.at;
  if (draft.lastAt === undefined || event.at > draft.lastAt) draft.lastAt = event.at;
  if (event.redactions !== undefined) draft.redactions += event.redactions;
  change(draft, event);
}

function change(draft: Draft, event: CallEvent): void {
  switch (event.type) {
    case 'call.started':
      changeConnection(draft, event.data.connectionId, ({ start }) => ({
        start: oldest(start, { value: event.data, order: orderOf(event) }),
      }));
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
      draft.turns = draft.turns.push(event);
      break;
    case 'data.collected':
      draft.fields = mergeFields(draft.fields, event);
      break;
    case 'stage.changed':
      draft.stage = newest(draft.stage, { value: event.data.stage, order: orderOf(event) });
      break;
    case 'objection.raised':
      draft.objections = draft.objections.push(event);
      break;
    case 'outcome.decided':
      draft.outcome = newest(draft.outcome, { value: event.data.outcome, order: orderOf(event) });
      break;
    case 'tool.called':
      draft.toolCalls += 1;
      break;
    case 'speaking.changed':
      draft.speaking = newest(draft.speaking, { value: event.data, order: orderOf(event) });
      break;
    case 'dtmf.pressed':
      draft.dtmfDigits = draft.dtmfDigits.push(event);
      break;
    case 'mark.played':
      if (event.data.heard !== false) draft.playedMarks = draft.playedMarks.add(event.data.name);
      break;
    case 'playback.cleared':
      for (const name of event.data.marks) draft.clearedMarks = draft.clearedMarks.add(name);
      break;
    case 'call.status_reported':
      draft.reports = foldCarrierReport(draft.reports, event);
      changeRecording(draft, event, event.data.recordingUrl);
      break;
    case 'recording.available':
      changeRecording(draft, event, event.data.url);
      break;
    case 'consent.recorded':
      draft.consents = draft.consents.push(event);
      break;
    case 'unknown':
      break;
  }
}

function changeConnection(
  draft: Draft,
  connectionId: string,
  changeOf: (connection: ConnectionState) => ConnectionState,
): void {
  const { connections } = draft;
  const changed = copyOf(connections);
  const connection = changed[connectionId] ?? {};
  changed[connectionId] = { ...connection, ...changeOf(connection) };
  draft.connections = changed;
}

function endOf(event: EventOf<'call.ended'> | EventOf<'call.disconnected'>): ConnectionEnd {
  const kind = event.type === 'call.ended' ? 'ended' : 'disconnected';
  return { kind, value: event.data.reason, order: orderOf(event) };
}

function laterEnd(current: ConnectionEnd | undefined, candidate: ConnectionEnd): ConnectionEnd {
  return current !== undefined && compareEnds(current, candidate) > 0 ? current : candidate;
}

function mergeFields(fields: CallState['fields'], event: EventOf<'data.collected'>): CallState['fields'] {
  const order = orderOf(event);
  const merged = copyOf(fields);
  for (const [name, value] of Object.entries(event.data.fields))
    merged[name] = newest(merged[name], { value, order });
  return merged;
}

/**
 * By names that come out of a call: without a prototype, so that `__proto__` is a name like any other, and so that the
 * engine does not make a new shape of objects for each name.
 */
function copyOf<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, record);
}

function changeRecording(draft: Draft, event: CallEvent, url: string | undefined): void {
  if (url !== undefined)
    draft.recordingUrl = newest(draft.recordingUrl, { value: url, order: orderOf(event) });
}
