import { idOf } from '../wire/fields.ts';
import { type CallbackFields } from './callback-fields.ts';
import { type CarrierReport, type CarrierStatus, type ReadReport } from './carrier-report.ts';
import { parseCarrierTime } from './carrier-time.ts';
import { definedOnly } from './defined-only.ts';
import { secondsOf, statusOf, webUrlOf, wordOf } from './read-values.ts';

/**
 * Reads a StatusCallback (https://developer.exotel.com/docs/voice-v1/api-reference/status-callback). Only CallSid,
 * Status, DateUpdated and RecordingUrl are always there; a status of an unknown name counts as "going on".
 */
export function readStatusCallback(fields: CallbackFields, utcOffsetMinutes: number): ReadReport {
  const callSid = idOf(fields.get('CallSid', 'Sid', 'Call.Sid'));
  if (callSid === undefined) return { ok: false, problem: 'no_call_sid' };
  const time = (...names: string[]) => parseCarrierTime(fields.get(...names), utcOffsetMinutes);
  const eventType = wordOf(fields.get('EventType'));
  const status = statusOf(fields.get('Status', 'CallStatus', 'Call.Status')) ?? statusOfEvent(eventType);
  const reportedAt = time('DateUpdated', 'Call.DateUpdated');
  const report: CarrierReport = {
    callSid,
    status,
    raw: fields.raw,
    ...definedOnly({
      reportedAt,
      eventType,
      from: wordOf(fields.get('From', 'CallFrom')),
      to: wordOf(fields.get('To', 'CallTo')),
      direction: wordOf(fields.get('Direction')),
      initiatedAt: time('StartTime', 'DateCreated'),
      answeredAt: eventType?.toLowerCase() === 'answered' ? reportedAt : undefined,
      endedAt: time('EndTime'),
      durationSeconds: secondsOf(fields.get('Duration', 'ConversationDuration')),
      recordingUrl: webUrlOf(fields.get('RecordingUrl')),
      disconnectedBy: wordOf(fields.get('DisconnectedBy'))?.toLowerCase(),
      error: wordOf(fields.get('Error', 'ErrorMessage')),
    }),
  };
  return { ok: true, report };
}

function statusOfEvent(eventType: string | undefined): CarrierStatus {
  return eventType?.toLowerCase() === 'ringing' ? 'ringing' : 'in_progress';
}
