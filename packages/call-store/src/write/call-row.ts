import { createHash } from 'node:crypto';
import { stringifyJson, type CallRecord } from '@turnlog/call-events';

/** The columns of a record as they are sent: JSON as its text, moments as ISO 8601. */
export type CallRow = Readonly<ReturnType<typeof toRow>>;

/** The row of a record. `transcript_sha256` is taken over the JSON text of the transcript as it is sent. */
export function toRow(record: CallRecord) {
  // In UTF-8: by far the longest text is encoded once, and not copied as a string would be.
  const transcript = Buffer.from(stringifyJson(record.transcript));
  return {
    tenant: record.call.tenant,
    call_sid: record.call.callSid,
    status: record.status,
    direction: record.direction ?? null,
    from_number: record.fromNumber ?? null,
    to_number: record.toNumber ?? null,
    stage: record.stage ?? null,
    outcome: record.outcome ?? null,
    outcome_reason: record.outcomeReason ?? null,
    initiated_at: record.initiatedAt ?? null,
    answered_at: record.answeredAt ?? null,
    ended_at: record.endedAt ?? null,
    duration_seconds: record.durationSeconds ?? null,
    end_reason: record.endReason ?? null,
    ended_cleanly: record.endedCleanly ?? null,
    failure_cause: record.failureCause ?? null,
    agent_reached: record.agentReached ?? null,
    keys_pressed: record.keysPressed ?? null,
    recording_url: record.recordingUrl ?? null,
    price: record.price ?? null,
    currency: record.currency ?? null,
    custom_field: record.customField ?? null,
    version: record.version,
    fold_version: record.foldVersion,
    transcript_sha256: createHash('sha256').update(transcript).digest('hex'),
    lead: stringifyJson(record.lead),
    full_transcript: transcript,
    collected_data: stringifyJson(record.collectedData),
    objections: stringifyJson(record.objections),
    metrics: stringifyJson(record.metrics),
    stages: stringifyJson(record.stages),
    tool_calls: stringifyJson(record.toolCalls),
    consents: stringifyJson(record.consents),
    legs: stringifyJson(record.legs),
  };
}
