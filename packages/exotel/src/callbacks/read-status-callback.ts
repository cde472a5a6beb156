import { idOf } from '../wire/fields.ts';
import { type CallbackFields } from './callback-fields.ts';
import { reportOn, type NamelessReport, type ReadReport } from './carrier-report.ts';
import { parseCarrierTime } from './carrier-time.ts';
import { definedOnly, firstOf, secondsOf, webUrlOf, wordOf } from './read-values.ts';
import { isOfLeg, isOfUnnamedLeg, legOf } from './leg-of.ts';
import { toldStatus } from './told-status.ts';

const STATUS_NAMES = ['Status', 'CallStatus', 'Call.Status'];

/**
 * Reads a StatusCallback (https://developer.exotel.com/docs/voice-v1/api-reference/status-callback). Only
 * CallSid, Status, DateUpdated and RecordingUrl are always present.
 */
export function readStatusCallback(fields: CallbackFields, utcOffsetMinutes: number): ReadReport {
  const callSid = firstOf(fields, ['CallSid', 'Sid', 'Call.CallSid', 'Call.Sid'], idOf);
  return reportOn(
    callSid,
    isAboutLeg(fields) ? readLeg(fields, utcOffsetMinutes) : readCall(fields, utcOffsetMinutes),
  );
}

function isAboutLeg(fields: CallbackFields): boolean {
  return isOfLeg(fields) || isOfUnnamedLeg(fields);
}

function readCall(fields: CallbackFields, utcOffsetMinutes: number): NamelessReport {
  const told = <T>(read: (text: string | undefined) => T | undefined, ...names: string[]) =>
    firstOf(fields, withinCall(names), read);
  const time = (text: string | undefined) => parseCarrierTime(text, utcOffsetMinutes);
  const eventType = wordOf(fields.get('EventType'));
  const reportedAt = told(time, 'DateUpdated');
  const endedAt = told(time, 'EndTime');
  const hasEnded = endedAt !== undefined;
  return {
    ...toldStatus({ fields, names: STATUS_NAMES, eventType, hasEnded }),
    raw: fields.raw,
    ...definedOnly({
      ...ofAnyReport(fields, utcOffsetMinutes),
      reportedAt,
      eventType,
      answeredAt: eventType?.toLowerCase() === 'answered' ? reportedAt : undefined,
      endedAt,
      durationSeconds: told(secondsOf, 'Duration', 'ConversationDuration'),
      disconnectedBy: told(wordOf, 'DisconnectedBy')?.toLowerCase(),
      error: told(wordOf, 'Error', 'ErrorMessage'),
    }),
  };
}

/** A report on another leg says nothing about the call but its parties. */
function readLeg(fields: CallbackFields, utcOffsetMinutes: number): NamelessReport {
  return {
    status: 'in_progress',
    subject: 'leg',
    raw: fields.raw,
    ...definedOnly({
      ...ofAnyReport(fields, utcOffsetMinutes),
      reportedAt: firstOf(fields, ['DateUpdated', 'CurrentTime'], (text) =>
        parseCarrierTime(text, utcOffsetMinutes),
      ),
      eventType: wordOf(fields.get('EventType')),
    }),
  };
}

function ofAnyReport(fields: CallbackFields, utcOffsetMinutes: number) {
  const told = <T>(read: (text: string | undefined) => T | undefined, ...names: string[]) =>
    firstOf(fields, withinCall(names), read);
  return {
    // A Connect applet's `To` and `From` are the leg's own.
    from: isAboutLeg(fields) ? told(wordOf, 'CallFrom') : told(wordOf, 'From', 'CallFrom'),
    to: isAboutLeg(fields) ? told(wordOf, 'CallTo') : told(wordOf, 'To', 'CallTo'),
    direction: told(wordOf, 'Direction'),
    initiatedAt: told(
      (text) => parseCarrierTime(text, utcOffsetMinutes),
      'StartTime',
      'DateCreated',
      'Created',
    ),
    recordingUrl: told(webUrlOf, 'RecordingUrl'),
    customField: told(wordOf, 'CustomField'),
    leg: legOf(fields, isAboutLeg(fields)),
  };
}

/** Some senders put all of it into `Call`. */
function withinCall(names: readonly string[]): string[] {
  return [...names, ...names.map((name) => `Call.${name}`)];
}
