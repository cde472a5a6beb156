import { readFields } from '../callbacks/callback-fields.ts';
import { type CarrierReport } from '../callbacks/carrier-report.ts';
import { parseCarrierTime } from '../callbacks/carrier-time.ts';
import { definedOnly } from '../callbacks/defined-only.ts';
import { amountOf, secondsOf, statusOf, webUrlOf, wordOf } from '../callbacks/read-values.ts';
import { idOf, type JsonObject } from '../wire/fields.ts';

/**
 * Reads a `Call` of the API (https://developer.exotel.com/docs/voice-v1/api-reference/call-details). `undefined` when it
 * doesn't say which call it is, or in which state.
 */
export function readCallDetails(call: JsonObject, utcOffsetMinutes: number): CarrierReport | undefined {
  const fields = readFields(Object.entries(call));
  const callSid = idOf(fields?.get('Sid', 'CallSid'));
  const status = statusOf(fields?.get('Status'));
  if (fields === undefined || callSid === undefined || status === undefined) return undefined;
  const time = (...names: string[]) => parseCarrierTime(fields.get(...names), utcOffsetMinutes);
  return {
    callSid,
    status,
    raw: fields.raw,
    ...definedOnly({
      reportedAt: time('DateUpdated'),
      from: wordOf(fields.get('From')),
      to: wordOf(fields.get('To')),
      direction: wordOf(fields.get('Direction')),
      initiatedAt: time('StartTime', 'DateCreated'),
      endedAt: time('EndTime'),
      durationSeconds: secondsOf(fields.get('Duration') ?? fields.get('Details.ConversationDuration')),
      recordingUrl: webUrlOf(fields.get('RecordingUrl')),
      price: amountOf(fields.get('Price')),
    }),
  };
}
