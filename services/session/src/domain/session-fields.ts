import { initialState, stringifyJson, toCallRecord, type CallState } from '@turnlog/call-events';

/** The fields of a call's live state beside its transcript. */
export type SessionField =
  | 'tenant'
  | 'call_sid'
  | 'status'
  | 'end_reason'
  | 'stage'
  | 'outcome'
  | 'speaking'
  | 'lead'
  | 'from_number'
  | 'to_number'
  | 'direction'
  | 'initiated_at'
  | 'answered_at'
  | 'ended_at'
  | 'duration_seconds'
  | 'recording_url'
  | 'collected_data'
  | 'objections'
  | 'turns'
  | 'connections'
  | 'tool_calls'
  | 'version'
  | 'updated_at';

/**
 * The live state of a call as a Redis hash: `lead`, `collected_data` and `objections` are JSON, `turns`,
 * `connections`, `tool_calls` and `version` (the number of distinct events) are counts, moments are ISO 8601 in UTC
 * (`updated_at` that of the newest event). What is not known is empty, never absent: a field that becomes unknown again,
 * as `ended_at` does when a second connection opens, must not keep its old value.
 */
export function toSessionFields(state: CallState): Record<SessionField, string> {
  const record = toCallRecord(withoutTurns(state));
  return {
    tenant: state.call.tenant,
    call_sid: state.call.callSid,
    status: record.status,
    end_reason: record.endReason ?? '',
    stage: record.stage ?? '',
    outcome: record.outcome ?? '',
    speaking: whoSpeaks(state),
    lead: stringifyJson(record.lead),
    from_number: record.fromNumber ?? '',
    to_number: record.toNumber ?? '',
    direction: record.direction ?? '',
    initiated_at: record.initiatedAt ?? '',
    answered_at: record.answeredAt ?? '',
    ended_at: record.endedAt ?? '',
    duration_seconds: String(record.durationSeconds ?? ''),
    recording_url: record.recordingUrl ?? '',
    collected_data: stringifyJson(record.collectedData),
    objections: stringifyJson(record.objections),
    turns: String(state.turns.length - state.supersededTurns),
    connections: String(record.metrics.connections),
    tool_calls: String(record.metrics.tool_calls),
    version: String(state.version),
    updated_at: state.lastAt ?? '',
  };
}

/** The same rules as the row in Postgres, but the turns: they are a list of their own, and cost by the call's length. */
function withoutTurns(state: CallState): CallState {
  return { ...state, turns: initialState(state.call).turns };
}

/** `user`, `ai`, `agent` or `system`; empty when nobody speaks. An agent that names no speaker speaks of itself. */
function whoSpeaks({ speaking }: CallState): string {
  if (speaking?.value.speaking !== true) return '';
  return speaking.value.speaker ?? 'ai';
}
