import { readFields } from '../callbacks/callback-fields.ts';
import { type CarrierReport } from '../callbacks/carrier-report.ts';
import { parseCarrierTime } from '../callbacks/carrier-time.ts';
import {
  definedOnly,
  amountOf,
  currencyOf,
  firstOf,
  secondsOf,
  webUrlOf,
  wordOf,
} from '../callbacks/read-values.ts';
import { toldStatus } from '../callbacks/told-status.ts';
import { idOf, type JsonObject } from '../wire/fields.ts';

/**
 * Reads a `Call` of the API (https://developer.exotel.com/docs/voice-v1/api-reference/call-details).
 * `undefined` if it has no id or no status. If one field says nothing, the others of the same meaning are
 * used.
 */
export function readCallDetails(call: JsonObject, utcOffsetMinutes: number): CarrierReport | undefined {
  const fields = readFields(Object.entries(call));
  const callSid = fields && firstOf(fields, ['Sid', 'CallSid'], idOf);
  if (fields === undefined || callSid === undefined || !hasStatus(call)) return undefined;
  const told = <T>(read: (text: string | undefined) => T | undefined, ...names: string[]) =>
    firstOf(fields, names, read);
  const time = (text: string | undefined) => parseCarrierTime(text, utcOffsetMinutes);
  const endedAt = told(time, 'EndTime');
  const durationSeconds = told(secondsOf, 'Duration', 'Details.ConversationDuration');
  const price = told(amountOf, 'Price');
  const hasEnded = endedAt !== undefined || (durationSeconds ?? 0) > 0 || price !== undefined;
  return {
    callSid,
    ...toldStatus({ fields, names: ['Status', 'CallStatus'], eventType: undefined, hasEnded }),
    raw: fields.raw,
    ...definedOnly({
      reportedAt: told(time, 'DateUpdated'),
      from: told(wordOf, 'From'),
      to: told(wordOf, 'To'),
      direction: told(wordOf, 'Direction'),
      initiatedAt: told(time, 'StartTime', 'DateCreated'),
      endedAt,
      durationSeconds,
      recordingUrl: told(webUrlOf, 'RecordingUrl'),
      price,
      currency: price && told(currencyOf, 'Currency', 'CurrencyCode', 'PriceUnit', 'PriceCurrency'),
      customField: told(wordOf, 'CustomField'),
    }),
  };
}

function hasStatus(call: JsonObject): boolean {
  return ['Status', 'CallStatus'].some((name) => Object.hasOwn(call, name));
}
