import { idOf } from '../wire/fields.ts';
import { type CallbackFields } from './callback-fields.ts';
import { reportOn, type ReadReport } from './carrier-report.ts';
import { parseCarrierTime } from './carrier-time.ts';
import { definedOnly, firstOf, secondsOf, webUrlOf, wordOf } from './read-values.ts';
import { isOfLeg, isOfUnnamedLeg, legOf } from './leg-of.ts';
import { toldStatus } from './told-status.ts';

/**
 * Reads a StatusCallback (https://developer.exotel.com/docs/voice-v1/api-reference/status-callback). Only
 * CallSid, Status, DateUpdated and RecordingUrl are always present.
 */
export function readStatusCallback(fields: CallbackFields, utcOffsetMinutes: number): ReadReport {
  // Some senders put all of it into `Call`.
  const told = <T>(read: (text: string | undefined) => T | undefined, ...names: string[]) =>
    firstOf(fields, [...names, ...names.map((name) => `Call.${name}`)], read);
  const time = (text: string | undefined) => parseCarrierTime(text, utcOffsetMinutes);
  const isAboutLeg = isOfLeg(fields) || isOfUnnamedLeg(fields);
  const eventType = wordOf(fields.get('EventType'));
  const callSid = told(idOf, 'CallSid', 'Sid');
  // The order of the fields stays: the ids of events follow from it.
  const ofAnyReport = {
    // A Connect applet's `To` and `From` are the leg's own.
    from: told(wordOf, ...(isAboutLeg ? [] : ['From']), 'CallFrom'),
    to: told(wordOf, ...(isAboutLeg ? [] : ['To']), 'CallTo'),
    direction: told(wordOf, 'Direction'),
    initiatedAt: told(time, 'StartTime', 'DateCreated', 'Created'),
    recordingUrl: told(webUrlOf, 'RecordingUrl'),
    customField: told(wordOf, 'CustomField'),
    leg: legOf(fields, isAboutLeg),
  };
  // A report on another leg says nothing about the call but its parties.
  if (isAboutLeg) {
    const ofLeg = { ...ofAnyReport, reportedAt: told(time, 'DateUpdated', 'CurrentTime'), eventType };
    return reportOn(callSid, {
      status: 'in_progress',
      subject: 'leg',
      raw: fields.raw,
      ...definedOnly(ofLeg),
    });
  }
  const reportedAt = told(time, 'DateUpdated');
  const endedAt = told(time, 'EndTime');
  const names = ['Status', 'CallStatus', 'Call.Status'];
  return reportOn(callSid, {
    ...toldStatus({ fields, names, eventType, hasEnded: endedAt !== undefined }),
    raw: fields.raw,
    ...definedOnly({
      ...ofAnyReport,
      reportedAt,
      eventType,
      answeredAt: eventType?.toLowerCase() === 'answered' ? reportedAt : undefined,
      endedAt,
      durationSeconds: told(secondsOf, 'Duration', 'ConversationDuration'),
      disconnectedBy: told(wordOf, 'DisconnectedBy')?.toLowerCase(),
      error: told(wordOf, 'Error', 'ErrorMessage'),
      cause: told(wordOf, 'Cause'),
    }),
  });
}
