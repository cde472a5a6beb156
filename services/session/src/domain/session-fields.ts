import { initialState, stringifyJson, toCallRecord, type CallState } from '@turnlog/call-events';

/**
 * The live state of a call as a Redis hash: `lead`, `collected_data` and `objections` are JSON, `turns`,
 * `connections`, `tool_calls` and `version` (the number of distinct events) are counts, moments are ISO 8601 in UTC
 * (`updated_at` that of the newest event). An unknown field is empty, never absent: one that becomes unknown again,
 * as `ended_at` does when a second connection opens, must not keep its old value.
 */
export function toSessionFields(state: CallState) {
  const record = toCallRecord(withoutTurns(state));
  return {
    tenant: state.call.tenant,
    call_sid: state.call.callSid,
    status: record.status,
    end_reason: record.endReason ?? '',
    stage: record.stage ?? '',
    outcome: record.outcome ?? '',
    speaking: speakerOf(state),
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

/** The record's rules without the turns: they are a list of their own, and cost by the length of the call. */
function withoutTurns(state: CallState): CallState {
  return { ...state, turns: initialState(state.call).turns };
}

/** `user`, `ai`, `agent` or `system`; empty in a silence. If the agent does not name the speaker, it is `ai`. */
function speakerOf({ speaking }: CallState): string {
  if (speaking?.value.speaking !== true) return '';
  return speaking.value.speaker ?? 'ai';
}
