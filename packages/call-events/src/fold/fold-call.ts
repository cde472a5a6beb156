import { type CallEvent, type EventOf } from '../events/call-event.ts';
import { type JsonValue } from '../text/json.ts';
import { type CallState, type ConnectionEnd, type ConnectionState } from './call-state.ts';
import { foldCarrierReport } from './fold-carrier-report.ts';
import { compareOrder, newest, oldest, orderOf, type Stamped } from './order.ts';

/**
 * One step of the fold. Pure, and free of arrival order: the same events in any order, any of them repeated, give the
 * same record. Its cost does not grow with the length of the call.
 */
export function foldCall(state: CallState, event: CallEvent): CallState {
  if (state.eventIds.has(event.id)) return state;
  return {
    ...state,
    version: state.version + 1,
    eventIds: state.eventIds.add(event.id),
    firstAt: state.firstAt === undefined || event.at < state.firstAt ? event.at : state.firstAt,
    lastAt: state.lastAt === undefined || event.at > state.lastAt ? event.at : state.lastAt,
    ...changeBy(state, event),
  };
}

function changeBy(state: CallState, event: CallEvent): Partial<CallState> {
  switch (event.type) {
    case 'call.started':
      return onConnection(state, event.data.connectionId, (connection) => ({
        ...connection,
        start: oldest(connection.start, { value: event.data, order: orderOf(event) }),
      }));
    case 'call.ended':
    case 'call.disconnected':
      return onConnection(state, event.data.connectionId, (connection) => ({
        ...connection,
        end: laterEnd(connection.end, endOf(event)),
      }));
    case 'audio.summarised':
      return onConnection(state, event.data.connectionId, (connection) => ({
        ...connection,
        audio: newest(connection.audio, { value: event.data, order: orderOf(event) }),
      }));
    case 'turn.completed':
      return { turns: state.turns.push(event) };
    case 'data.collected':
      return { fields: mergeFields(state.fields, event) };
    case 'stage.changed':
      return { stage: newest(state.stage, { value: event.data.stage, order: orderOf(event) }) };
    case 'objection.raised':
      return { objections: state.objections.push(event) };
    case 'outcome.decided':
      return { outcome: newest(state.outcome, { value: event.data.outcome, order: orderOf(event) }) };
    case 'tool.called':
      return { toolCalls: state.toolCalls + 1 };
    case 'speaking.changed':
      return { speaking: newest(state.speaking, { value: event.data, order: orderOf(event) }) };
    case 'dtmf.pressed':
      return { dtmfDigits: state.dtmfDigits.push(event) };
    case 'mark.played':
      return { marksPlayed: state.marksPlayed + 1 };
    case 'call.status_reported':
      return {
        reports: foldCarrierReport(state.reports, event),
        ...recordingOf(state, event, event.data.recordingUrl),
      };
    case 'recording.available':
      return recordingOf(state, event, event.data.url);
    case 'consent.recorded':
      return { consents: state.consents.push(event) };
    case 'unknown':
      return {};
  }
}

function onConnection(
  { connections }: CallState,
  connectionId: string,
  change: (connection: ConnectionState) => ConnectionState,
): Partial<CallState> {
  const connection = Object.hasOwn(connections, connectionId) ? connections[connectionId] : undefined;
  return { connections: withKey(connections, connectionId, change(connection ?? {})) };
}

function endOf(event: EventOf<'call.ended'> | EventOf<'call.disconnected'>): ConnectionEnd {
  const kind = event.type === 'call.ended' ? 'ended' : 'disconnected';
  return { kind, value: event.data.reason, order: orderOf(event) };
}

/** The carrier's own word on the end outranks ours; a gateway's word outranks the sweep's guess; then the later one. */
function laterEnd(current: ConnectionEnd | undefined, candidate: ConnectionEnd): ConnectionEnd {
  if (current === undefined) return candidate;
  const byRank = endRank(candidate) - endRank(current);
  if (byRank !== 0) return byRank > 0 ? candidate : current;
  return compareOrder(candidate.order, current.order) > 0 ? candidate : current;
}

function endRank({ kind, value }: ConnectionEnd): number {
  if (kind === 'ended') return 2;
  return value === 'gateway_lost' ? 0 : 1;
}

function mergeFields(
  fields: CallState['fields'],
  event: EventOf<'data.collected'>,
): Readonly<Record<string, Stamped<JsonValue>>> {
  const order = orderOf(event);
  let merged = fields;
  for (const [name, value] of Object.entries(event.data.fields)) {
    const current = Object.hasOwn(merged, name) ? merged[name] : undefined;
    merged = withKey(merged, name, newest(current, { value, order }));
  }
  return merged;
}

function recordingOf(state: CallState, event: CallEvent, url: string | undefined): Partial<CallState> {
  if (url === undefined) return {};
  return { recordingUrl: newest(state.recordingUrl, { value: url, order: orderOf(event) }) };
}

/** A copy with one key set. `__proto__` is a key like any other. */
function withKey<T>(record: Readonly<Record<string, T>>, key: string, value: T): Readonly<Record<string, T>> {
  return Object.fromEntries([...Object.entries(record), [key, value]]);
}
